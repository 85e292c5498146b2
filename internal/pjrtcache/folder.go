//go:build cgo && linux && !noxla

package pjrtcache

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/cache"

	"github.com/gradcam-go/gradcam/internal/private"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// folder keeps programs. These are machine code, so the folder, all folders above it and each file that is read must
// belong to the user alone.
type folder struct {
	files *private.Folder
	kept  *cache.Cache
}

const (
	maxProgram = 256 << 20 // bytes of one program; that of a large network has 2 MB
	maxKept    = 2 << 30   // bytes of all programs
)

// open opens the folder, and makes it if it does not exist.
func open(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of compiled programs: %w", err)
	}
	files, err := private.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder of compiled programs: %w", err)
	}
	if err := checkOurs(files); err != nil {
		return nil, errors.Join(err, files.Close())
	}
	for i := range 256 { // before the cache makes them with the mode of the umask
		if err := files.Make(fmt.Sprintf("%02x", i)); err != nil {
			return nil, errors.Join(fmt.Errorf("the folder of compiled programs: %w", err), files.Close())
		}
	}
	kept, err := cache.Open(dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the folder of compiled programs: %w", err), files.Close())
	}
	f := &folder{files, kept}
	f.bound(maxKept)
	return f, nil
}

// ours is what the cache makes in its folder.
var ours = regexp.MustCompile(`^([0-9a-f]{2}|trim\.txt|README)$`)

// checkOurs returns an error if a folder holds anything else than programs: they are removed after some days.
func checkOurs(f *private.Folder) error {
	dir, err := f.Root().Open(".")
	if err != nil {
		return fmt.Errorf("the folder of compiled programs: %w", err)
	}
	names, err := dir.Readdirnames(-1)
	if err := errors.Join(err, dir.Close()); err != nil {
		return fmt.Errorf("the folder of compiled programs: %w", err)
	}
	for _, name := range names {
		if !ours.MatchString(name) {
			return private.Refusef("the folder of compiled programs, %s, holds other things, such as %q: name an empty one, or one "+
				"that is not there yet", f.Path(), name)
		}
	}
	return nil
}

// get returns a program. The bytes come from the same open file that was checked.
func (f *folder) get(id cache.ActionID) ([]byte, error) {
	index, err := f.files.File(place(id, "a"))
	if err != nil {
		return nil, err
	}
	if err := index.Close(); err != nil {
		return nil, err
	}
	entry, err := f.kept.Get(id)
	if err != nil {
		return nil, err
	}
	file, err := f.files.File(place(entry.OutputID, "d"))
	if err != nil {
		return nil, err
	}
	program, err := regular.ReadAll(file, min(entry.Size, maxProgram))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if sha256.Sum256(program) != entry.OutputID {
		return nil, errors.New("the program is not the one that was kept")
	}
	return program, nil
}

// put keeps a program. At most once a day it also removes programs that have not been used for days.
func (f *folder) put(id cache.ActionID, program []byte) error {
	if len(program) > maxProgram {
		return errors.New("the program is too large to keep")
	}
	if err := f.kept.PutBytes(id, program); err != nil {
		return err
	}
	err := f.kept.Trim()
	root := f.files.Root() // the cache makes files with the mode of the umask
	for _, name := range []string{place(id, "a"), place(sha256.Sum256(program), "d"), trimmed} {
		err = errors.Join(err, root.Chmod(name, 0o600))
	}
	return err
}

// trimmed is the file in which the cache stores when it was last trimmed.
const trimmed = "trim.txt"

// place returns the name of a file of the cache. kind is "a" for the entry of an id, and "d" for the data of a sum.
func place(id [sha256.Size]byte, kind string) string {
	return filepath.Join(fmt.Sprintf("%02x", id[0]), fmt.Sprintf("%x-%s", id, kind))
}

// bound removes the programs that were used longest ago, until the others have at most this many bytes.
func (f *folder) bound(most int64) {
	type program struct {
		name string
		size int64
		used time.Time
	}
	root := f.files.Root()
	names, err := fs.Glob(root.FS(), "[0-9a-f][0-9a-f]/*-d")
	if err != nil {
		return
	}
	var programs []program
	var total int64
	for _, name := range names {
		if info, err := root.Lstat(name); err == nil {
			programs = append(programs, program{name, info.Size(), info.ModTime()})
			total += info.Size()
		}
	}
	slices.SortFunc(programs, func(a, b program) int { return cmp.Compare(a.used.UnixNano(), b.used.UnixNano()) })
	for _, p := range programs {
		if total <= most {
			return
		}
		if root.Remove(p.name) == nil {
			total -= p.size
		}
	}
}
