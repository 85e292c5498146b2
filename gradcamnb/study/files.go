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
	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/wildcard"
)

// extensions are the extensions of picture files.
var extensions = imgio.Extensions()

// Files returns the pictures that a path means: one file, a pattern like photos/*.jpg, or a folder with everything
// below it but hidden files. Pictures of a folder are named by their path in it. If a picture lies in a folder of its
// own, such as train/cat/1.jpg, the name of that folder is its label, and likewise for a pattern like train/*/*.jpg. If
// all such folders have one name, as train/cat/images and train/dog/images, the pictures have no labels.
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
	return picturesBelow(path, names)
}

// MustFiles is like Files, but panics with the error.
func MustFiles(path string) []Picture { return must.Get(Files(path)) }

// picturesBelow returns the pictures with these names in a folder and below it. It is an error if there is none.
func picturesBelow(dir string, names []string) ([]Picture, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder %s has no pictures (%s)", dir, strings.Join(extensions, ", "))
	}
	labels := labelsByFolder(names)
	var out []Picture
	for i, name := range names {
		out = append(out, file(name, labels[i], filepath.Join(dir, filepath.FromSlash(name))))
	}
	return out, nil
}

// labelsByFolder returns the name of the folder of every file; empty if its path has none. If several folders have
// files and all of these have one name, as images in cat/images and dog/images, it says no class, and all are empty.
func labelsByFolder(names []string) []string {
	out := make([]string, len(names))
	folders, labels := map[string]bool{}, map[string]bool{}
	for i, name := range names {
		if out[i] = folderOf(name); out[i] != "" {
			folders[path.Dir(name)], labels[out[i]] = true, true
		}
	}
	if len(folders) > 1 && len(labels) == 1 {
		clear(out)
	}
	return out
}

// folderOf returns the name of the folder that a file lies in; empty if its path has none.
func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return path.Base(dir)
	}
	return ""
}

// filesBelow returns the files with one of the extensions in a folder and below it, by their paths in it with slashes.
// Hidden ones are left out: notebooks and other systems leave copies and notes there. Links to folders are followed
// after all that lies in the folder itself, and no folder is read twice.
func filesBelow(dir string, extensions ...string) ([]string, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	w := walk{found: func(name string) {
		if slices.Contains(extensions, strings.ToLower(path.Ext(name))) {
			out = append(out, name)
		}
	}, links: []folder{{root, ""}}, visited: map[string]bool{}}
	for len(w.links) > 0 {
		next := w.links[0]
		w.links = w.links[1:]
		if next.path, err = filepath.EvalSymlinks(next.path); err != nil {
			return nil, err
		}
		if err := w.visit(next); err != nil {
			return nil, err
		}
	}
	sortByFolders(out)
	return out, nil
}

// sortByFolders sorts paths with slashes by their folders and names, as if / came before all letters.
func sortByFolders(names []string) {
	for i, name := range names {
		names[i] = strings.ReplaceAll(name, "/", "\x00") // which no name has
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = strings.ReplaceAll(name, "\x00", "/")
	}
}

// folder is a folder, and its path with slashes from where a walk began.
type folder struct{ path, name string }

// walk is a walk through a folder and all below it.
type walk struct {
	visited map[string]bool   // the folders, by their paths without links
	links   []folder          // to folders, not followed yet
	found   func(name string) // gets the path of every file from where the walk began
}

// visit hands out the files in a folder and below it. It keeps links to folders for later.
func (w *walk) visit(at folder) error {
	if w.visited[at.path] {
		return nil
	}
	w.visited[at.path] = true
	entries, err := os.ReadDir(at.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		below := folder{filepath.Join(at.path, e.Name()), path.Join(at.name, e.Name())}
		switch {
		case e.IsDir():
			if err := w.visit(below); err != nil {
				return err
			}
		case e.Type()&fs.ModeSymlink != 0 && isFolder(below.path):
			w.links = append(w.links, below)
		default:
			w.found(below.name)
		}
	}
	return nil
}

// isFolder tells whether a path, or what it links to, is a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// pattern returns the pictures that a pattern means. If it leaves the folder open in which they lie, as train/*/*.jpg,
// the folders' names are labels. In train/*/images/*.jpg all lie in folders of one name, which says no class.
func pattern(text string) ([]Picture, error) {
	found, err := filepath.Glob(text)
	deep := checkPattern(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the pattern %q of pictures: %w", text, err)
	case deep != nil:
		return nil, deep
	case len(found) == 0 && strings.ContainsAny(text, "*?["):
		return nil, fmt.Errorf("there is no picture %q%s", text, wildcard.DescribeMissingFolder(text))
	case len(found) == 0:
		return nil, fmt.Errorf("there is no picture or folder %q%s", text, regular.DescribeMissing(text))
	}
	var names []string
	for _, p := range found {
		if isFolder(p) {
			return nil, fmt.Errorf("the pattern %q means the folder %s, too: name the folder above, which is read with all below it, "+
				"or only pictures, as in %q", text, p, text+"/*.jpg")
		}
		names = append(names, filepath.ToSlash(p))
	}
	labels := make([]string, len(names))
	if strings.ContainsAny(filepath.Base(filepath.Dir(text)), "*?[") {
		labels = labelsByFolder(names)
	}
	var out []Picture
	for i, name := range names {
		out = append(out, file(name, labels[i], found[i]))
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
