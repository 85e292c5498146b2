package study

import (
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// extensions are the extensions of picture files.
var extensions = []string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// Files returns the pictures that a path means: one file, a pattern like photos/*.jpg, or a folder with everything
// below it. Pictures of a folder are named by their path in it. If a picture lies in a folder of its own, such as
// train/cat/1.jpg, the name of that folder is its label.
func Files(path string) ([]Picture, error) {
	info, err := os.Stat(path)
	if err != nil {
		return pattern(path)
	}
	if !info.IsDir() {
		return []Picture{file(filepath.Base(path), "", path)}, nil
	}
	var out []Picture
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Type().IsRegular() && slices.Contains(extensions, strings.ToLower(filepath.Ext(p))) {
			name, err := filepath.Rel(path, p)
			if err != nil {
				return err
			}
			label := ""
			if dir := filepath.Dir(name); dir != "." {
				label = filepath.Base(dir)
			}
			out = append(out, file(filepath.ToSlash(name), label, p))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the folder of pictures: %w", err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the folder %s has no pictures (%s)", path, strings.Join(extensions, ", "))
	}
	return out, nil
}

func pattern(path string) ([]Picture, error) {
	found, err := filepath.Glob(path)
	if err != nil {
		return nil, fmt.Errorf("the pattern %q of pictures: %w", path, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("there is no picture %q", path)
	}
	var out []Picture
	for _, p := range found {
		out = append(out, file(filepath.ToSlash(p), "", p))
	}
	return out, nil
}

func file(name, label, path string) Picture {
	return Picture{Name: name, Label: label, Open: func() (image.Image, error) { return imgio.Open(path) }}
}
