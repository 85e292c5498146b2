package regular

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// Of a missing file or folder those are named that are like it.
func TestDescribeMissing(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"photos", "masks"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"photo":     `, did you mean "photos"?`,
		"lables.tx": `, did you mean "labels.txt"?`,
		"cars":      "",
		"photo/1":   fmt.Sprintf("; there is no folder %q", filepath.Join(dir, "photo")) + `, did you mean "photos"?`,
		"mask/1/2":  fmt.Sprintf("; there is no folder %q", filepath.Join(dir, "mask")) + `, did you mean "masks"?`,
		"cars/1":    fmt.Sprintf("; there is no folder %q", filepath.Join(dir, "cars")),
		"~/photos":  "; ~ is not read as the home folder: write its path",
	} {
		if got := DescribeMissing(filepath.Join(dir, path)); got != want {
			t.Errorf("of %s it says %q, want %q", path, got, want)
		}
	}
}

// Of a file whose folder is a pipe nothing is said: the test would hang at a pipe that is opened.
func TestDescribeMissingInPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := posix.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no pipe can be made: %v", err)
	}
	if got := DescribeMissing(filepath.Join(pipe, "x")); got != "" {
		t.Errorf("it says %q, want nothing", got)
	}
}
