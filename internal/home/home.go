// Package home finds the private folder of everything that we build, download or keep.
package home

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir is $GRADCAMNB_HOME, or gradcamnb in the user's cache folder.
func Dir() (string, error) {
	dir := os.Getenv("GRADCAMNB_HOME")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding a private folder: %w; name one in GRADCAMNB_HOME", err)
		}
		dir = filepath.Join(cache, "gradcamnb")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the private folder: %w; name one in GRADCAMNB_HOME", err)
	}
	return dir, nil
}
