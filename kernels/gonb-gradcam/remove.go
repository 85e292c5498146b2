package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	privatehome "github.com/gradcam-go/gradcam/internal/home"
)

// ourFiles are the files that we put into the private folder. Nothing else in it is removed.
var ourFiles = []string{
	"bin/gonb", "bin/goimports", "bin/gopls", "bin/gradcam", "bin/gonb-gradcam", "bin/.*.part",
	"bin/gonb.exe", "bin/goimports.exe", "bin/gopls.exe", "bin/gradcam.exe", "bin/gonb-gradcam.exe",
	"shim/go", "shim/goimports",
	privatehome.PluginFile, "pjrt/.*.part",
	"onnxruntime/libonnxruntime.so.*", "onnxruntime/.*.part",
	"jupyter/kernels/" + kernelName + "/kernel.json", "jupyter/kernels/" + kernelName + "/logo-svg.svg",
	"jupyter/kernels/" + kernelName + "/logo-64x64.png",
	"demo/quickstart.png", "demo/quickstart.ipynb", "demo/quickstart.html",
	"demo/explain/card.html", "demo/explain/overlay.png", "demo/explain/heatmap.npy", "demo/explain/raw.npy",
	"demo/explain/result.json",
	"log/install.log", "log/demo.log",
	"stamps/tools", "stamps/gopls", "stamps/engine", "stamps/pjrt", "stamps/onnxruntime", "stamps/venv", "stamps/.*.part",
	"programs/[0-9a-f][0-9a-f]/*-[ad]", "programs/trim.txt", "programs/README",
}

// remove removes the private folder, but nothing in it that is not ours. The folder must be marked as made here.
func (h home) remove() error {
	root, err := os.OpenRoot(string(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing the private folder: %w", err)
	}
	defer func() { _ = root.Close() }() // nothing is written through it
	if !privatehome.IsOurs(root) {
		return fmt.Errorf("%s stays as it is: it was not made by gradcamnb (it has no file %s). If it is an older version's, run gonb-gradcam install once, which marks it",
			h, privatehome.Marker)
	}
	venv := exists(h.join("stamps", "venv")) // without the stamp it is not ours, or only half made
	names, err := listOurs(root)
	if err != nil {
		return fmt.Errorf("removing the private folder: %w", err)
	}
	if venv {
		if err := root.RemoveAll("venv"); err != nil {
			return fmt.Errorf("removing the private folder: %w", err)
		}
	}
	for _, name := range names {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) && !holdsSomething(root, name) {
			return fmt.Errorf("removing the private folder: %w", err)
		}
	}
	if left := findLeftOver(root); left != "" {
		return fmt.Errorf("the private folder %s holds something else and stays: %s", h, left)
	}
	if err := errors.Join(root.Remove(privatehome.Marker), os.Remove(string(h))); err != nil {
		return fmt.Errorf("removing the private folder: %w", err)
	}
	return nil
}

// listOurs returns our files and their folders, the deepest first.
func listOurs(root *os.Root) ([]string, error) {
	var names []string
	for _, pattern := range ourFiles {
		found, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
		for dir := path.Dir(pattern); dir != "."; dir = path.Dir(dir) {
			found, err := fs.Glob(root.FS(), dir)
			if err != nil {
				return nil, err
			}
			names = append(names, found...)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	return names, nil
}

// holdsSomething tells whether a name is a folder that holds something.
func holdsSomething(root *os.Root, name string) bool {
	entries, err := fs.ReadDir(root.FS(), name)
	return err == nil && len(entries) > 0
}

// findLeftOver returns the first thing in the folder besides the marker; empty if there is none.
func findLeftOver(root *os.Root) string {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err.Error()
	}
	for _, e := range entries {
		if e.Name() != privatehome.Marker {
			return e.Name()
		}
	}
	return ""
}
