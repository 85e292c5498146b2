//go:build cgo && !noonnxruntime

package onnxruntime

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/processes"
)

// A library in the private folder that others could change is not loaded. A process looks for a library once, so the
// test has one of its own.
func TestWhatOthersCouldChange(t *testing.T) {
	if !processes.IsAgain() {
		processes.Again(t)
		return
	}
	dir := t.TempDir()
	t.Setenv("GRADCAMNB_HOME", dir)
	t.Setenv(LibraryEnv, "")
	folder := filepath.Join(dir, "onnxruntime")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, "libonnxruntime.so.1"), nil, 0o600),
		os.Chmod(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(nil, nil, nil); err == nil || !strings.Contains(err.Error(), "is not loaded: "+folder) {
		t.Errorf("error %v", err)
	}
}
