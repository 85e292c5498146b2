package regular

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// Only a regular file is read, and nothing is waited for: otherwise the test would hang at the pipe.
func TestOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := posix.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no pipe can be made: %v", err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("pipe", link); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skipf("no socket can be made: %v", err)
	}
	defer func() { _ = l.Close() }()
	for path, want := range map[string]string{
		socket: "a socket",
		pipe:   "a pipe and no regular file", link: "a pipe and no regular file", dir: "a folder and no",
		"/dev/zero":                "a device and no",
		filepath.Join(dir, "none"): "no such file",
	} {
		if _, err := Read(path, 10); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
}

// A file of the limit's size is read, one of a byte more is not.
func TestLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for n, want := range map[int]bool{0: true, 1: true, 5: true, 6: false} {
		if err := os.WriteFile(path, []byte("abcdef")[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		data, err := Read(path, 5)
		if (err == nil) != want || want && string(data) != "abcdef"[:n] {
			t.Errorf("%d bytes: %q, %v", n, data, err)
		}
	}
}

// A link that leads out of the folder is an error.
func TestOutOfFolder(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "in")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../secret", filepath.Join(inside, "link")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	if data, err := ReadIn(root, "link", 10); err == nil {
		t.Errorf("read %q", data)
	}
}
