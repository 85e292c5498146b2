package docs

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

var (
	goBlock  = regexp.MustCompile("(?s)```go\n// (\\S+)\n(.*?)```")
	shBlock  = regexp.MustCompile("(?s)```sh\n(.*?)```")
	fileName = regexp.MustCompile("(?:`|// )((?:gradcamnb|docs)/[^`\\s]+\\.(?:go|md|png))")
)

// extending.md, word for word: its files go into a copy of the module, its commands run there, and only files that the
// page names are new or changed afterwards.
func TestExtending(t *testing.T) {
	text := page(t, "extending.md")
	files, commands := goBlock.FindAllStringSubmatch(text, -1), shBlock.FindAllStringSubmatch(text, -1)
	if len(files) != 10 || len(commands) != 5 {
		t.Fatalf("%d files and %d lists of commands; the page has five recipes of a file and its test", len(files),
			len(commands))
	}
	require.Slow(t, "the module is built anew in another folder")
	module := copied(t)
	before := sums(t, module)
	for _, f := range files {
		path := filepath.Join(module, filepath.FromSlash(f[1]))
		if _, err := os.Stat(path); err == nil {
			t.Fatalf("%s is there already", f[1])
		}
		if err := os.WriteFile(path, []byte(f[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range commands {
		for line := range strings.Lines(c[1]) {
			run := exec.Command("sh", "-c", line)
			run.Dir, run.Env = module, append(os.Environ(), "GOMLX_BACKEND=go", "GOFLAGS=-buildvcs=false", "OUT="+t.TempDir())
			if out, err := run.CombinedOutput(); err != nil || bytes.Contains(out, []byte("no tests to run")) {
				t.Fatalf("%s%v\n%s", line, err, out)
			}
		}
	}
	named := map[string]bool{}
	for _, m := range fileName.FindAllStringSubmatch(text, -1) {
		named[m[1]] = true
	}
	changed := 0
	for path, sum := range sums(t, module) {
		if before[path] == sum {
			continue
		}
		if changed++; !named[path] {
			t.Errorf("%s is new or another one, and the page does not name it", path)
		}
	}
	if changed < len(files)+6 { // the pages of methods and metrics, a picture, and three packages of constants
		t.Errorf("%d files are new or changed, and the page promises more", changed)
	}
}

// copied is a copy of the module, whose testdata are the repository's own.
func copied(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(t.TempDir(), "module")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "testdata", filepath.Join("docs", "notebooks")}, name) {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(module, name), 0o700)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(module, name), data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "testdata"), filepath.Join(module, "testdata")); err != nil {
		t.Fatal(err)
	}
	return module
}

// sums are the checksums of the files of a folder.
func sums(t *testing.T, dir string) map[string][sha256.Size]byte {
	t.Helper()
	out := map[string][sha256.Size]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = sha256.Sum256(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
