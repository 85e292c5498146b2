package study

import (
	"fmt"
	"image"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// extensions are the extensions of picture files.
var extensions = []string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// Files returns the pictures that a path means: one file, a pattern like photos/*.jpg, or a folder with everything
// below it but hidden files. Pictures of a folder are named by their path in it. If a picture lies in a folder of its
// own, such as train/cat/1.jpg, the name of that folder is its label.
func Files(path string) ([]Picture, error) {
	info, err := os.Stat(path)
	if err != nil {
		return pattern(path)
	}
	if !info.IsDir() {
		return []Picture{file(filepath.Base(path), "", path)}, nil
	}
	names, err := filesBelow(path, extensions...)
	if err != nil {
		return nil, fmt.Errorf("the folder of pictures: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder %s has no pictures (%s)", path, strings.Join(extensions, ", "))
	}
	var out []Picture
	for _, name := range names {
		out = append(out, file(name, folderOf(name), filepath.Join(path, filepath.FromSlash(name))))
	}
	return out, nil
}

// folderOf returns the name of the folder that a file lies in; empty if its path has none.
func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return path.Base(dir)
	}
	return ""
}

// filesBelow returns the files with one of the extensions in a folder and below it, by their paths in it with slashes.
// Hidden ones are left out: notebooks and other systems leave copies and notes there.
func filesBelow(dir string, extensions ...string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		switch hidden := strings.HasPrefix(d.Name(), "."); {
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || d.IsDir() || !slices.Contains(extensions, strings.ToLower(filepath.Ext(p))):
			return nil
		}
		name, err := filepath.Rel(dir, p)
		out = append(out, filepath.ToSlash(name))
		return err
	})
	return out, err
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
