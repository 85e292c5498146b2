package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
)

// The library of onnxruntime for CPU, of Microsoft's Python wheel, of which nothing else is
// used. The wheel is that for one Python, so that there is one checksum; any Python's pip
// fetches it.
const (
	ortPin     = "onnxruntime==1.32.0"
	ortSHA256  = "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8"
	ortLibrary = "onnxruntime/capi/libonnxruntime.so.1.32.0"
)

// fetchONNXRuntime downloads the pinned wheel, checks it and takes the library out.
func fetchONNXRuntime(ctx context.Context, s *steps, h home) error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return fmt.Errorf("the pinned library is for Linux on amd64 only; for %s/%s install onnxruntime yourself, and name its library in %s", runtime.GOOS, runtime.GOARCH, onnxruntime.LibraryEnv)
	}
	to := h.join("onnxruntime", filepath.Base(ortLibrary))
	return h.once("onnxruntime", ortSHA256, []string{to}, func() error {
		python, err := findPython()
		if err != nil {
			return err
		}
		dir, err := os.MkdirTemp("", "gradcamnb-wheel")
		if err != nil {
			return fmt.Errorf("making a temporary folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
		if err := s.run(ctx, nil, dir, python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
			"--python-version", "3.12", "--implementation", "cp", "--abi", "cp312", "--platform", "manylinux_2_27_x86_64", "--platform", "manylinux_2_28_x86_64",
			"-d", dir, ortPin); err != nil {
			return err
		}
		wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
		if err != nil || len(wheels) != 1 {
			return fmt.Errorf("pip downloaded %d files instead of one wheel", len(wheels))
		}
		return extractPlugin(wheels[0], ortSHA256, ortLibrary, to)
	})
}
