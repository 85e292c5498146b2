package imgio

import (
	"fmt"
	"image"
	"iter"
	"os"
	"path/filepath"

	"github.com/gradcam-go/gradcam/internal/wildcard"
)

// OpenEach returns the pictures that a pattern such as photos/*.jpg means, in the order of their names. Each is read
// when it is asked for, so there may be more than fit into memory. A picture that cannot be read comes as an error, and
// the next one follows. A pattern that is wrong, means nothing or is a folder's name is one error.
//
// Patterns are those of [filepath.Match].
func OpenEach(pattern string) iter.Seq2[image.Image, error] {
	return func(yield func(image.Image, error) bool) {
		files, err := findPictures(pattern)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, file := range files {
			if !yield(Open(file)) {
				return
			}
		}
	}
}

func findPictures(pattern string) ([]string, error) {
	if info, err := os.Stat(pattern); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: write %s for its pictures of one kind", pattern, filepath.Join(pattern, "*.jpg"))
	}
	files, err := wildcard.Find(pattern)
	if err != nil {
		whole, failed := filepath.Abs(pattern)
		if failed != nil {
			whole = pattern
		}
		return nil, fmt.Errorf("the pictures %s: %w", whole, err)
	}
	return files, nil
}
