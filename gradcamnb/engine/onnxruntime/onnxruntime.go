// Package onnxruntime runs ONNX files with onnxruntime, for methods that need no gradient. It loads the installed
// library when the first file is opened. Programs that are built without a C compiler cannot load it.
package onnxruntime

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/home"
)

// LibraryEnv is the name of the environment variable with the library's file or its folder.
const LibraryEnv = "ONNXRUNTIME_LIBRARY_PATH"

// HowToGet is a phrase that says how to install onnxruntime.
const HowToGet = "\"gonb-gradcam install --onnxruntime\" fetches it, or name its library in " + LibraryEnv

// Tensor is an input or output of a model. It holds numbers of every type as float32.
type Tensor struct {
	Name   string    // as in the file
	Type   string    // "float32", "int64", "uint8", ...
	Dims   []int     // shape
	Values []float32 // row by row, as float32
}

// IsInteger tells whether the tensor's numbers are integers in the file.
func (t Tensor) IsInteger() bool {
	return !strings.HasSuffix(t.Type, "float16") && t.Type != "float32" && t.Type != "float64"
}

// Folder returns the folder in which gonb-gradcam keeps the library.
func Folder() (string, error) {
	dir, err := home.Dir()
	return filepath.Join(dir, "onnxruntime"), err
}

// libraries holds a pattern of the library's file name for each system.
var libraries = map[string]string{"linux": "libonnxruntime.so*", "darwin": "libonnxruntime*.dylib",
	"windows": "onnxruntime.dll"}

// Library returns the path of the library: that of [LibraryEnv], or else the installed one.
func Library() (string, error) {
	path := os.Getenv(LibraryEnv)
	if path == "" {
		var err error
		if path, err = Folder(); err != nil {
			return "", err
		}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil && os.Getenv(LibraryEnv) != "": // to install it would change nothing
		return "", fmt.Errorf("there is no %s, which %s names: name the library there, or nothing", path, LibraryEnv)
	case err != nil:
		return "", errors.New("onnxruntime is not installed: " + HowToGet)
	case info.Mode().IsRegular():
		return path, nil
	case !info.IsDir():
		return "", fmt.Errorf("%s in %s is neither a file nor a folder: %s", path, LibraryEnv, HowToGet)
	}
	found, err := filepath.Glob(filepath.Join(path, libraries[runtime.GOOS]))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("there is no %s in %s: %s", libraries[runtime.GOOS], path, HowToGet)
	}
	return slices.Max(found), nil
}

// Available tells whether this program can run files with onnxruntime.
func Available() bool {
	_, err := Library()
	return linked && err == nil
}
