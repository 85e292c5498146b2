// Package regular opens files that a stranger may have made. It opens only regular files, never waits, and reads only
// up to a size into memory.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Open opens a regular file for reading. For a pipe, a device, a socket or a folder it returns an error at once. The
// caller closes the file.
func Open(path string) (*os.File, error) {
	return Check(os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0))
}

// OpenIn opens a file in a folder that it cannot leave, by links either; see [Open].
func OpenIn(root *os.Root, name string) (*os.File, error) { return openIn(root, name, os.O_RDONLY, 0) }

// MakeIn is like [OpenIn], but makes the file if there is none, and opens it for writing, too.
func MakeIn(root *os.Root, name string) (*os.File, error) {
	return openIn(root, name, os.O_RDWR|os.O_CREATE, 0o666)
}

func openIn(root *os.Root, name string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := root.OpenFile(name, flag|syscall.O_NONBLOCK, mode)
	var of *fs.PathError
	if errors.As(err, &of) { // os names the file without its folder
		why := of.Err
		if why.Error() == "path escapes from parent" { // os does not export this error
			why = errors.New("it leads out of the folder")
		}
		err = &fs.PathError{Op: "open", Path: filepath.Join(root.Name(), name), Err: why}
	}
	return Check(f, err)
}

// Check returns the file if it is a regular one. If not, it closes the file and returns an error.
func Check(f *os.File, err error) (*os.File, error) {
	var of *fs.PathError
	if errors.Is(err, syscall.ENXIO) && errors.As(err, &of) { // "no such device or address"
		err = &fs.PathError{Op: of.Op, Path: of.Path, Err: errors.New("it is a socket, or a device that is not there, and no regular file")}
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: f.Name(), Err: fmt.Errorf("it is %s and no regular file", kind(info.Mode()))}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// kind returns the word for a file that is not regular.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// MaxText is the most bytes of a list, annotations or results that are read. LVIS's annotations, which are large, have
// 1.1 GB.
const MaxText = 2 << 30

// Read reads a regular file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	data, err := ReadAll(f, limit)
	return data, errors.Join(err, f.Close())
}

// Copy writes the content of a regular file, of any size, to a writer.
func Copy(to io.Writer, path string) error {
	f, err := Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, f)
	return errors.Join(err, f.Close())
}

// ReadIn reads a file in a folder that it cannot leave; see [Read].
func ReadIn(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := OpenIn(root, name)
	if err != nil {
		return nil, err
	}
	data, err := ReadAll(f, limit)
	return data, errors.Join(err, f.Close())
}

// ReadAll reads an open file of at most limit bytes to its end.
func ReadAll(f *os.File, limit int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	tooLarge := func() error {
		return &fs.PathError{Op: "read", Path: f.Name(),
			Err: fmt.Errorf("it is larger than %s, the most that is read of such a file", size(limit))}
	}
	if info.Size() > limit {
		return nil, tooLarge()
	}
	data := make([]byte, 0, info.Size()+512)
	for { // to the end, which may lie beyond the size that was reported
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return nil, tooLarge()
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, err
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}

// size returns a number of bytes in words.
func size(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
