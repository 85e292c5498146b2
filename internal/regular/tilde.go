package regular

import (
	"path/filepath"
	"slices"
	"strings"
)

// DescribeTilde returns words for the path of a missing file that has ~ for the home folder, which only shells read so.
// They are empty for other paths.
func DescribeTilde(path string) string {
	if slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "~") {
		return "; ~ is not read as the home folder: write its path"
	}
	return ""
}
