// Package onnxruntime runs ONNX files with onnxruntime, for what needs no gradient. The
// library is loaded when the first file is run, from where it is installed; programs that are
// built without a C compiler cannot load it.
package onnxruntime

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/gradcam-go/gradcam/internal/home"
)

// LibraryEnv names the library's file, or the folder that it lies in.
const LibraryEnv = "ONNXRUNTIME_LIBRARY_PATH"

// HowToGet says how onnxruntime is installed.
const HowToGet = "\"gonb-gradcam install --onnxruntime\" fetches it, or name its library in " + LibraryEnv

// Tensor is an input or output of a model. Numbers of every type are float32 here.
type Tensor struct {
	Name   string    // as in the file
	Type   string    // "float32", "int64", "uint8", ...
	Dims   []int     // shape
	Values []float32 // row by row, as float32
}

// IsInteger tells whether the tensor's numbers are integers in the file.
func (t Tensor) IsInteger() bool {
	return t.Type != "float32" && t.Type != "float64" && t.Type != "float16"
}

// Folder is where gonb-gradcam keeps the library.
func Folder() (string, error) {
	dir, err := home.Dir()
	return filepath.Join(dir, "onnxruntime"), err
}

// libraries are the names of the library's file, as patterns, by system.
var libraries = map[string]string{"linux": "libonnxruntime.so*", "darwin": "libonnxruntime*.dylib",
	"windows": "onnxruntime.dll"}

// Library is the library's file: that of [LibraryEnv], or else the installed one.
func Library() (string, error) {
	path := os.Getenv(LibraryEnv)
	if path == "" {
		var err error
		if path, err = Folder(); err != nil {
			return "", err
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", errors.New("onnxruntime is not installed: " + HowToGet)
	}
	if !info.IsDir() {
		return path, nil
	}
	found, err := filepath.Glob(filepath.Join(path, libraries[runtime.GOOS]))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("there is no %s in %s: %s", libraries[runtime.GOOS], path, HowToGet)
	}
	return slices.Max(found), nil
}

// Available tells whether files can be run.
func Available() bool {
	_, err := Library()
	return linked && err == nil
}
