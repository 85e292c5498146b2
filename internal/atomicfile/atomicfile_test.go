package atomicfile

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

func TestWriteReplacesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, want := range []string{"first", "second, longer"} {
		if err := Write(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("read %q, %v", got, err)
		}
	}
}

// A rename onto a folder that is not empty fails. The folder stays, and no temporary file is left behind.
func TestFailureLosesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.MkdirAll(filepath.Join(path, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("x")); err == nil {
		t.Fatal("no error")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestNoSuchFolder(t *testing.T) {
	if err := Write(filepath.Join(t.TempDir(), "no", "a"), nil); err == nil {
		t.Error("no error")
	}
}

// A file has the mode that the umask leaves.
func TestMode(t *testing.T) {
	posix.Need(t)
	dir := t.TempDir()
	for mask, want := range map[int]os.FileMode{0o077: 0o600, 0o022: 0o644, 0o002: 0o664} {
		old := posix.Umask(mask)
		path := filepath.Join(dir, "file")
		err := Write(path, nil)
		posix.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("umask %o: %v, %v", mask, info.Mode(), err)
		}
	}
}

// Files that a killed process left are removed after a day; nothing else is.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for name, hours := range map[string]int{".a.1.part": 25, ".b.2.part": 1, ".c.part": 25, ".hidden": 25,
		"a.1.part": 25} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-time.Duration(hours) * time.Hour)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(filepath.Join(dir, "file"), nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got, want := strings.Join(left, " "), ".b.2.part .c.part .hidden a.1.part file"; got != want {
		t.Errorf("it holds %s, want %s", got, want)
	}
}

// A name of 255 bytes, the longest, can be written.
func TestLongName(t *testing.T) {
	if err := Write(filepath.Join(t.TempDir(), strings.Repeat("n", 255)), nil); err != nil {
		t.Error(err)
	}
}

// A pipe gets the data and stays a pipe; one that nobody reads is an error and no wait.
func TestPipeIsNotReplaced(t *testing.T) {
	posix.Need(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := posix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	isPipe := func() {
		t.Helper()
		if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
			t.Fatalf("it is no pipe any more: %v, %v", info, err)
		}
	}
	if err := Write(pipe, []byte("lost")); err == nil || !strings.Contains(err.Error(), pipe) {
		t.Errorf("nobody reads, and the error is %v", err)
	}
	isPipe()
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }() // only read
	if err := Write(pipe, []byte("words")); err != nil {
		t.Fatal(err)
	}
	isPipe()
	got := make([]byte, 5)
	if _, err := io.ReadFull(reader, got); err != nil || string(got) != "words" {
		t.Errorf("%q, %v", got, err)
	}
}

// What /dev/stdout leads to is written to and not replaced, also if it is a file.
func TestStandardOutputIsNotReplaced(t *testing.T) {
	posix.Need(t)
	file, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // a test's
	link := filepath.Join(t.TempDir(), "stdout")
	if err := os.Symlink(file.Name(), link); err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = file
	_, before := file.WriteString("before, ")
	err = Write(link, []byte("words"))
	os.Stdout = stdout
	if err != nil || before != nil {
		t.Fatal(before, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("it is no link any more: %v, %v", info, err)
	}
	if got, err := os.ReadFile(file.Name()); err != nil || string(got) != "before, words" {
		t.Errorf("%q, %v", got, err)
	}
}
