package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// A model and the files that it uses are regular files of its folder. Nothing is waited for, and no other file of the
// machine gets into the results.
func TestStaysInFolder(t *testing.T) {
	whole, err := os.ReadFile(golden.Path("models", "squeezenet.ts.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	secret := filepath.Join(top, "secret")
	if err := os.WriteFile(secret, []byte("a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		make func(dir string) error
		want string
	}{
		"a model that is a pipe": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "m.onnx")), posix.Mkfifo(filepath.Join(dir, "m.onnx"), 0o600))
		}, "a pipe and no regular file"},
		"a sidecar that is a pipe": {func(dir string) error { return posix.Mkfifo(filepath.Join(dir, "m.json"), 0o600) },
			"a pipe and no regular file"},
		"a sidecar that leads out": {func(dir string) error { return os.Symlink(secret, filepath.Join(dir, "m.json")) },
			"leads out of the folder"},
		"labels that are a pipe": {func(dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"labels": "l.txt"}`), 0o600),
				posix.Mkfifo(filepath.Join(dir, "l.txt"), 0o600))
		}, "a pipe and no regular file"},
		"labels that lead out": {func(dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"labels": "l.txt"}`), 0o600),
				os.Symlink("../secret", filepath.Join(dir, "l.txt")))
		}, "leads out of the folder"},
		"labels in a folder that leads out": {func(dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"labels": "d/secret"}`), 0o600),
				os.Symlink("..", filepath.Join(dir, "d")))
		}, "leads out of the folder"},
		"something after the sidecar": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "m.json"),
				[]byte(`{} x`), 0o600)
		}, "after the closing brace"},
		"a mean of two": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"input": {"mean": [1, 2]}}`), 0o600)
		}, "the mean has 2 numbers"},
	} {
		dir, err := os.MkdirTemp(top, "m")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "m.onnx")
		if err := errors.Join(os.WriteFile(path, whole, 0o600), c.make(dir)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A pipe whose name is not a model's is not waited for either, when its first bytes are looked at.
func TestPipeByAnyName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net")
	if err := posix.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no pipe can be made: %v", err)
	}
	if _, err := Open(t.Context(), path, io.Discard); err == nil ||
		!strings.Contains(err.Error(), "a pipe and no regular file") {
		t.Error(err)
	}
}

// A model in the cache of Python's huggingface_hub has its sidecar, labels and configuration behind links, which lead
// to files of the same repository. Links of other repositories and out of the cache are not followed.
func TestSnapshotOfPythonsCache(t *testing.T) {
	whole, err := os.ReadFile(golden.Path("models", "squeezenet.ts.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ repository, to, want string }{
		"of the repository":                   {"models--a--b", "../../../blobs/labels", ""},
		"of a cache in a folder of that name": {"snapshots/models--a--b", "../../../blobs/labels", ""},
		"of another repository":               {"models--a--b", "../../../../models--c--d/labels", "leads out of the folder"},
		"of the machine":                      {"models--a--b", "/etc/passwd", "leads out of the folder"},
		"of an ordinary folder":               {"somewhere", "../../../blobs/labels", "leads out of the folder"},
	} {
		top := t.TempDir()
		repository := filepath.Join(top, c.repository)
		dir := filepath.Join(repository, "snapshots", "0123", "onnx")
		blobs := filepath.Join(repository, "blobs")
		err := errors.Join(os.MkdirAll(dir, 0o700), os.MkdirAll(blobs, 0o700),
			os.WriteFile(filepath.Join(blobs, "model"), whole, 0o600),
			os.WriteFile(filepath.Join(blobs, "labels"), []byte("a\nb\nc\n"), 0o600),
			os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"labels": "l.txt"}`), 0o600),
			os.Symlink("../../../blobs/model", filepath.Join(dir, "m.onnx")),
			os.Symlink(c.to, filepath.Join(dir, "l.txt")))
		if err != nil {
			t.Fatal(err)
		}
		m, err := ONNX(filepath.Join(dir, "m.onnx"))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err == nil && len(m.Card().Labels) != 3 {
			t.Errorf("%s: labels %q", name, m.Card().Labels)
		}
	}
}
