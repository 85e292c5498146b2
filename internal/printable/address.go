package printable

import (
	"regexp"
	"strings"
)

// secret finds the parts of an address that may hold a password or a token.
var secret = regexp.MustCompile(`://[^/?#]*@|\?[^#]*`)

// Address returns an address with *** for its user, its password and what follows a question mark. A text that is no
// address stays as it is.
func Address(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	return secret.ReplaceAllStringFunc(s, func(part string) string {
		if strings.HasPrefix(part, "?") {
			return "?***"
		}
		return "://***@"
	})
}
