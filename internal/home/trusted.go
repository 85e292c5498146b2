package home

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/internal/private"
)

// CheckTrusted returns a [private.RefusedError] if file is machine code in the private folder that somebody else could
// have put there. A file elsewhere is the user's affair, and a missing file is reported when it is loaded.
func CheckTrusted(file string) error {
	if dir, err := Dir(); err != nil || !strings.HasPrefix(file, dir+string(filepath.Separator)) {
		return nil //nolint:nilerr // without a private folder it does not lie there
	}
	if err := private.Check(file); errors.As(err, new(*private.RefusedError)) {
		return err
	}
	return nil
}
