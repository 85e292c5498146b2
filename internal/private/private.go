// Package private tells whether somebody else could have put a file in its place, or could change it. What is run,
// loaded as machine code or listened to must be the user's own.
package private

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gradcam-go/gradcam/internal/regular"
)

// RefusedError is the error for a file or folder that others can change. Its text is a sentence.
type RefusedError struct{ reason string }

func (r *RefusedError) Error() string { return r.reason }

// Refusef is [fmt.Errorf] for a [RefusedError].
func Refusef(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// Check returns a [RefusedError] if others than the user and root can change the file or folder or any folder above it,
// and so put another one there. A folder above may be open to all if it is sticky, as /tmp is. Links are followed, and
// what they lead to is checked.
func Check(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return check(abs, 0)
}

// check looks at one part of the path after another. What it has looked at has no links, so that ".." in what a link
// leads to is the folder above.
func check(path string, links int) error {
	const manyLinks = 40
	if links > manyLinks {
		return fmt.Errorf("%s: too many links", path)
	}
	root := filepath.VolumeName(path) + string(filepath.Separator)
	at := root
	parts := strings.Split(strings.TrimPrefix(path, root), string(filepath.Separator))
	for i := -1; i < len(parts); i++ {
		if i >= 0 {
			at = filepath.Join(at, parts[i]) // parts are "..", too
		}
		info, err := os.Lstat(at)
		if err != nil {
			return err
		}
		if info.Mode()&os.ModeSymlink == 0 {
			if err := checkInfo(at, info, i < len(parts)-1); err != nil {
				return err
			}
			continue
		}
		if !isOwned(info) {
			return Refusef("the link %s belongs to another user, who can let it lead elsewhere: remove it, or name another place",
				at)
		}
		to, err := os.Readlink(at)
		if err != nil {
			return err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(at) + string(filepath.Separator) + to
		}
		return check(strings.Join(append([]string{to}, parts[i+1:]...), string(filepath.Separator)), links+1)
	}
	return nil
}

// checkInfo returns a [RefusedError] if others can change a file or folder. A sticky folder is allowed if above is
// true, since others can only change their own files in it.
func checkInfo(path string, info os.FileInfo, above bool) error {
	switch {
	case !isOwned(info):
		return Refusef("%s belongs to another user, who can change it: name a place of your own", path)
	case writable(info) && (!above || info.Mode()&os.ModeSticky == 0):
		return Refusef("%s can be changed by other users (%s): close it to them with chmod go-w, or name another place", path,
			info.Mode())
	}
	return nil
}

// Folder is a folder that nobody else can change. Files are looked up in the folder that was opened, even if its name
// changes.
type Folder struct {
	root *os.Root
	path string
}

// Open opens a folder after [Check].
func Open(dir string) (*Folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := Check(abs); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, err
	}
	f := &Folder{root, abs}
	info, err := root.Stat(".")
	if err == nil {
		err = checkInfo(abs, info, false) // also for the folder that was opened
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Path returns the name of the folder.
func (f *Folder) Path() string { return f.path }

// Root returns the open folder.
func (f *Folder) Root() *os.Root { return f.root }

// Make makes folders in the folder for the user alone, if they do not exist, and checks them.
func (f *Folder) Make(names ...string) error {
	for _, name := range names {
		if err := f.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		info, err := f.root.Lstat(name)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return Refusef("%s is no folder: remove it", filepath.Join(f.path, name))
		}
		if err := checkInfo(filepath.Join(f.path, name), info, false); err != nil {
			return err
		}
	}
	return nil
}

// File opens a regular file in the folder. It returns a [RefusedError] if others can change the file or a folder that
// it lies in. The caller closes it.
func (f *Folder) File(name string) (*os.File, error) {
	for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
		info, err := f.root.Lstat(dir)
		if err != nil {
			return nil, err
		}
		if err := checkInfo(filepath.Join(f.path, dir), info, false); err != nil {
			return nil, err
		}
	}
	file, err := regular.Check(f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|noFollow, 0))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = checkInfo(filepath.Join(f.path, name), info, false)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
