// Package home finds and makes the private folder of everything that we build, download or keep.
package home

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gradcam-go/gradcam/internal/private"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// Marker is the file that says that a folder was made here and is used for nothing else.
const Marker = ".gradcamnb"

const markerText = "This folder was made by gradcamnb, which keeps here what it builds and downloads.\n" +
	"\"gonb-gradcam uninstall --all\" removes it. Keep nothing of your own in it.\n"

// Dir returns $GRADCAMNB_HOME, or gradcamnb in the user's cache folder.
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

// Open opens the private folder, and makes it if it does not exist. It is an error if the folder holds something and
// was not made here, or if others can change it ([private.Check]). The caller closes it.
func Open() (*private.Folder, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the private folder: %w; name another one in GRADCAMNB_HOME", err)
	}
	f, err := private.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("the private folder: %w; GRADCAMNB_HOME names another one", err)
	}
	if err := mark(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// mark marks a folder as ours if it is empty, or if a version without the marker made it.
func mark(f *private.Folder) error {
	if IsOurs(f.Root()) {
		return nil
	}
	dir, err := f.Root().Open(".")
	if err != nil {
		return fmt.Errorf("opening the private folder: %w", err)
	}
	entries, err := dir.ReadDir(-1)
	if err := errors.Join(err, dir.Close()); err != nil {
		return fmt.Errorf("reading the private folder: %w", err)
	}
	if len(entries) > 0 && !isUnmarked(f.Root(), entries) {
		return &ForeignError{f.Path()}
	}
	if err := f.Root().WriteFile(Marker, []byte(markerText), 0o600); err != nil {
		return fmt.Errorf("marking the private folder: %w", err)
	}
	return nil
}

// ForeignError is the error for a folder that holds something and was not made here.
type ForeignError struct{ dir string }

func (f *ForeignError) Error() string {
	return fmt.Sprintf("%s was not made by gradcamnb (it has no file %s) and holds other things: name an empty folder, or one that is not there yet, in GRADCAMNB_HOME", f.dir, Marker)
}

// IsOurs tells whether a folder was made here.
func IsOurs(root *os.Root) bool {
	text, err := regular.ReadIn(root, Marker, 1<<10)
	return err == nil && string(text) == markerText
}

// isUnmarked tells whether a folder was made by a version without the marker. Such a folder holds only the stamp of
// what it built, a SHA-256, or compiled programs.
func isUnmarked(root *os.Root, entries []os.DirEntry) bool {
	for _, name := range []string{"tools", "pjrt", "engine"} {
		text, err := regular.ReadIn(root, filepath.Join("stamps", name), 1<<10)
		if err == nil && len(text) == 64 {
			return true
		}
	}
	return len(entries) == 1 && entries[0].IsDir() && entries[0].Name() == "programs"
}
