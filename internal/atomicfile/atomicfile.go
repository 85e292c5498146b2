// Package atomicfile writes files that appear whole or not at all.
package atomicfile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Write puts data into the named file. It writes a temporary file in the same folder, which is renamed when it is
// complete. If anything fails, the old file stays. The file has the mode 0666 less the umask.
//
// What is no file, such as a device or a pipe, is written to and not replaced, and so is what /dev/stdout leads to.
func Write(path string, data []byte) (err error) {
	switch info, err := os.Stat(path); {
	case err != nil: // it is not there
	case info.IsDir():
		return fmt.Errorf("writing %s: it is a folder", path)
	case !info.Mode().IsRegular():
		return writeStraight(path, data)
	default:
		for _, out := range []*os.File{os.Stdout, os.Stderr} { // /dev/stdout is such a file if the shell leads it into one
			if of, err := out.Stat(); err == nil && os.SameFile(of, info) {
				_, err := out.Write(data)
				return err
			}
		}
	}
	sweep(filepath.Dir(path))
	f, err := create(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("writing %s: %w", path, err), ignoreMissing(os.Remove(f.Name())))
		}
	}()
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// writeStraight writes data to a device or a pipe. A pipe that nobody reads is an error, since opening it would wait.
func writeStraight(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// create makes a temporary file in the folder of path. It is hidden, and has a name that is not in use.
func create(path string) (*os.File, error) {
	base := filepath.Base(path)
	const longest = 255 - 1 - len(".4294967295.part") // of a file's name, without what is added
	base = base[:min(len(base), longest)]
	for {
		name := fmt.Sprintf(".%s.%d.part", base, rand.Uint32())
		f, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}

// A process that is killed leaves its temporary file behind. After a day such a file counts as left behind.
var (
	temporary = regexp.MustCompile(`^\..+\.[0-9]+\.part$`)
	swept     sync.Map // folders that this process has swept
)

const old = 24 * time.Hour

// sweep removes old files that killed processes left in a folder. It does so once in a process for each folder.
func sweep(dir string) {
	if _, done := swept.LoadOrStore(dir, true); done {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the write will report the error
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") || !temporary.MatchString(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > old {
			_ = os.Remove(filepath.Join(dir, e.Name())) // the next process tries again
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
