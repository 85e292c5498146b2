package place

import (
	"runtime"
	"strings"
)

// Argument returns a text, such as a path, as one argument of a command that is pasted into a shell: in quotes if a
// shell would not take it as it is.
func Argument(text string) string {
	isPlain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(`_-./:,@%+`, r)
	}
	special := func(r rune) bool { return !isPlain(r) }
	switch {
	case runtime.GOOS == "windows":
		if text == "" || strings.ContainsFunc(strings.ReplaceAll(text, `\`, ""), special) {
			return `"` + text + `"`
		}
		return text
	case text != "" && !strings.ContainsFunc(text, special):
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
