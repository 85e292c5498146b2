// Package wildcard finds files by patterns such as photos/*.jpg.
package wildcard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/internal/regular"
)

// Find returns the files that a pattern of [filepath.Match] means, in the order of their names. If a file has the
// pattern as its name, Find returns that file. If the pattern's folder exists, signs in the folder's name stand for
// themselves. It returns an error if the pattern is wrong, has ** or finds nothing.
func Find(pattern string) ([]string, error) {
	if _, err := os.Lstat(pattern); err == nil {
		return []string{pattern}, nil
	}
	if strings.Contains(pattern, "**") {
		return nil, errors.New("** means no more than * here: write one pattern for each depth of folders, such as photos/*/*.jpg")
	}
	found, err := filepath.Glob(escapeFolder(pattern))
	if err != nil {
		return nil, fmt.Errorf("the pattern is wrong, perhaps a [ without its ]: %w", err)
	}
	if len(found) == 0 {
		return nil, errors.New("there is no such picture" + DescribeMissingFolder(pattern))
	}
	return found, nil
}

// DescribeMissingFolder returns words for the folder of a pattern if that is missing.
func DescribeMissingFolder(pattern string) string {
	folder := filepath.Dir(pattern)
	if _, err := os.Stat(folder); err == nil || strings.ContainsAny(folder, "*?[") {
		return ""
	}
	return fmt.Sprintf("; there is no folder %q", folder) + regular.DescribeMissing(folder)
}

// escapeFolder returns a pattern with its folder escaped if that folder exists, so that *, ? and [ in the folder's
// name stand for themselves.
func escapeFolder(pattern string) string {
	folder, name := filepath.Split(pattern)
	if info, err := os.Stat(folder); folder == "" || err != nil || !info.IsDir() || filepath.Separator == '\\' {
		return pattern
	}
	return strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`).Replace(folder) + name
}
