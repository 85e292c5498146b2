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
	"github.com/gradcam-go/gradcam/internal/must"
)

// extensions are the extensions of picture files.
var extensions = []string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// Files returns the pictures that a path means: one file, a pattern like photos/*.jpg, or a folder with everything
// below it but hidden files. Pictures of a folder are named by their path in it. If a picture lies in a folder of its
// own, such as train/cat/1.jpg, the name of that folder is its label, and likewise for a pattern like train/*/*.jpg.
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

// MustFiles is like Files, but panics with the error.
func MustFiles(path string) []Picture { return must.Get(Files(path)) }

// folderOf returns the name of the folder that a file lies in; empty if its path has none.
func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return path.Base(dir)
	}
	return ""
}

// filesBelow returns the files with one of the extensions in a folder and below it, by their paths in it with slashes.
// Hidden ones are left out: notebooks and other systems leave copies and notes there. Links to folders are followed.
func filesBelow(dir string, extensions ...string) ([]string, error) {
	var out []string
	w := walk{found: func(name string) {
		if slices.Contains(extensions, strings.ToLower(path.Ext(name))) {
			out = append(out, name)
		}
	}}
	err := w.visit(dir, "")
	return out, err
}

// mostLinks is how many links to folders one path may have.
const mostLinks = 2

// walk is a walk through a folder and all below it.
type walk struct {
	above []fs.FileInfo     // the folders that lead here: a link back to one of them is not followed
	links int               // on the way here
	found func(name string) // gets the path of every file from where the walk began
}

// visit hands out the files in a folder and below it. name is its path from where the walk began.
func (w walk) visit(dir, name string) error {
	here, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(w.above, func(f fs.FileInfo) bool { return os.SameFile(f, here) }) {
		return nil
	}
	if w.links > mostLinks {
		return fmt.Errorf("the folder %s lies behind more than %d links: name the folder that they lead to", dir, mostLinks)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	w.above = append(slices.Clip(w.above), here)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		below, next := filepath.Join(dir, e.Name()), w
		isFolder := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := os.Stat(below)
			isFolder, next.links = err == nil && info.IsDir(), w.links+1
		}
		if !isFolder {
			w.found(path.Join(name, e.Name()))
			continue
		}
		if err := next.visit(below, path.Join(name, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// pattern returns the pictures that a pattern means. If it leaves their folders open, as photos/*/*.jpg, the folders'
// names are labels.
func pattern(text string) ([]Picture, error) {
	found, err := filepath.Glob(text)
	deep := checkPattern(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the pattern %q of pictures: %w", text, err)
	case deep != nil:
		return nil, deep
	case len(found) == 0:
		return nil, fmt.Errorf("there is no picture %q", text)
	}
	open := strings.ContainsAny(filepath.Dir(text), "*?[")
	var out []Picture
	for _, p := range found {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			return nil, fmt.Errorf("the pattern %q means the folder %s, too: name the folder above, which is read with all below it, "+
				"or only pictures, as in %q", text, p, text+"/*.jpg")
		}
		name, label := filepath.ToSlash(p), ""
		if open {
			label = folderOf(name)
		}
		out = append(out, file(name, label, p))
	}
	return out, nil
}

// checkPattern returns an error if a pattern has **, which elsewhere means folders at any depth.
func checkPattern(text string) error {
	if strings.Contains(text, "**") {
		return fmt.Errorf("the pattern %q has **, which means no more than * here: name the folder, which is read with all below it", text)
	}
	return nil
}

func file(name, label, path string) Picture {
	return Picture{Name: name, Label: label, Open: func() (image.Image, error) { return imgio.Open(path) }}
}
