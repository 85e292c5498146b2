//go:build cgo && linux && !noxla

package pjrtcache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/rogpeppe/go-internal/cache"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// The plugin is registered once in a process, so one test covers all that it does.
func TestKept(t *testing.T) {
	file, ok := pjrt.AvailablePlugins()["cpu"]
	if !ok {
		require.Missing(t, "xla", "there is no PJRT plugin for the CPU")
	}
	dir := filepath.Join(t.TempDir(), "programs")
	if err := Register("cpu", file, dir); err != nil {
		t.Fatal(err)
	}
	if err := Register("cpu", file, dir); err == nil {
		t.Error("a second plugin was registered, too")
	}
	backend, err := compute.NewWithConfig("xla:cpu")
	if err != nil {
		t.Fatal(err)
	}
	of := func(f func(x *Node) *Node) float32 { // a program of its own every time
		t.Helper()
		out, err := CallOnce(backend, f, float32(7))
		if err != nil {
			t.Fatal(err)
		}
		return out.Value().(float32)
	}
	double := func(x *Node) *Node { return MulScalar(x, 2) }
	square := func(x *Node) *Node { return Mul(x, x) }

	if got := of(double); got != 14 {
		t.Fatalf("compiled: 2*7 = %v", got)
	}
	doubled := theProgram(t, dir)
	id := idBefore(t, dir)
	if got := of(double); got != 14 {
		t.Errorf("loaded: 2*7 = %v", got)
	}

	// The program in the folder is the one that runs: it now holds x*x in place of 2x.
	if got := of(square); got != 49 {
		t.Fatalf("compiled: 7*7 = %v", got)
	}
	for _, program := range programs(t, dir) {
		if text, err := os.ReadFile(program); err != nil {
			t.Fatal(err)
		} else if program != doubled {
			put(t, id, text)
		}
	}
	if got := of(double); got != 49 {
		t.Errorf("2*7 = %v: compiled, where the folder held x*x for it", got)
	}

	// The program does not run on another processor, or with another plugin.
	here := hooked.Load()
	hooked.Store(&plugin{here.api, here.kept, append([]byte("other "), here.where...)})
	if got := of(double); got != 14 {
		t.Errorf("elsewhere 2*7 = %v: a program of this machine", got)
	}
	hooked.Store(here)

	// A program that cannot be loaded, or is not what was stored, is compiled again.
	put(t, id, []byte("no program"))
	if got := of(double); got != 14 {
		t.Errorf("with rubbish in the folder 2*7 = %v", got)
	}
	for _, program := range programs(t, dir) {
		if err := os.WriteFile(program, []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := of(double); got != 14 {
		t.Errorf("with damaged files in the folder 2*7 = %v", got)
	}
	if _, err := hooked.Load().kept.get(id); err != nil {
		t.Errorf("what was compiled then is not kept: %v", err)
	}
}

func put(t *testing.T, id cache.ActionID, program []byte) {
	t.Helper()
	if err := hooked.Load().kept.put(id, program); err != nil {
		t.Fatal(err)
	}
}

// programs returns the files of all programs, and theProgram the only one.
func programs(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*-d"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func theProgram(t *testing.T, dir string) string {
	t.Helper()
	files := programs(t, dir)
	if len(files) != 1 {
		t.Fatalf("the folder holds %d programs and should hold 1", len(files))
	}
	return files[0]
}

// idBefore returns the key of the only program in the folder.
func idBefore(t *testing.T, dir string) cache.ActionID {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*-a"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d entries (%v)", len(files), err)
	}
	raw, err := hex.DecodeString(strings.TrimSuffix(filepath.Base(files[0]), "-a"))
	if err != nil {
		t.Fatal(err)
	}
	return cache.ActionID(raw)
}

// Code that others may put there must not run.
func TestFolderOfOthers(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := open(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder that everybody may write to: %v", err)
	}
	if _, err := open(filepath.Join(dir, "new")); err == nil {
		t.Error("a folder that everybody may rename was taken")
	}
	mine := t.TempDir() // as if somebody named the home folder
	if err := os.WriteFile(filepath.Join(mine, "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(mine); err == nil || !strings.Contains(err.Error(), `holds other things, such as "notes"`) {
		t.Errorf("a folder of other things: %v", err)
	}
	if left, err := os.ReadDir(mine); err != nil || len(left) != 1 {
		t.Errorf("it holds %d things, %v", len(left), err)
	}
	fresh := filepath.Join(t.TempDir(), "new")
	if _, err := open(fresh); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the new folder: %v, %v", info.Mode(), err)
	}
}

// With any umask, kept programs are closed to others and are found again. A file that others may write to, that is
// longer than its entry says, or that is a pipe is not used. The programs used longest ago are removed.
func TestFilesOfOthers(t *testing.T) {
	posix.Need(t)
	dir := t.TempDir()
	defer posix.Umask(posix.Umask(0))
	f, err := open(filepath.Join(dir, "programs"))
	if err != nil {
		t.Fatal(err)
	}
	root := f.files.Root()
	var ids []cache.ActionID
	for i, text := range []string{"first", "second", "third"} {
		id := cache.ActionID{byte(i)}
		if err := f.put(id, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.get(id); err != nil || string(got) != text {
			t.Fatalf("%q, %v", got, err)
		}
		ids = append(ids, id)
	}
	data := place(sha256.Sum256([]byte("first")), "d")
	for name, change := range map[string]func() error{
		"open to others": func() error { return root.Chmod(data, 0o666) },
		"longer": func() error {
			return errors.Join(root.Chmod(data, 0o600), root.WriteFile(data, []byte("first and more"), 0o600))
		},
		"other": func() error { return root.WriteFile(data, []byte("other"), 0o600) },
		"a pipe": func() error {
			return errors.Join(root.Remove(data), posix.Mkfifo(filepath.Join(f.files.Path(), data), 0o600))
		},
		"in a folder that is open to others": func() error {
			return errors.Join(root.Remove(data), root.WriteFile(data, []byte("first"), 0o600),
				root.Chmod(filepath.Dir(data), 0o777))
		},
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if got, err := f.get(ids[0]); err == nil {
			t.Errorf("a file that is %s was used: %q", name, got)
		}
		if err := errors.Join(root.Chmod(filepath.Dir(data), 0o700), root.Remove(data),
			f.put(ids[0], []byte("first"))); err != nil {
			t.Fatal(err)
		}
	}
	old := place(sha256.Sum256([]byte("second")), "d")
	if err := root.Chtimes(old, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	f.bound(10) // "first" and "third" have 10 bytes
	if _, err := f.get(ids[1]); err == nil {
		t.Error("what was used longest ago is still there")
	}
	for _, id := range []cache.ActionID{ids[0], ids[2]} {
		if _, err := f.get(id); err != nil {
			t.Error(err)
		}
	}
}

// The model of a processor is read from the lines of /proc/cpuinfo.
func TestModel(t *testing.T) {
	const info = "processor\t: 0\nmodel\t\t: 207\nmodel name\t: Some\ncpu MHz\t\t: %s\nflags\t\t: avx512f\n\nprocessor\t: 1\nflags\t\t: other\n"
	slow, fast := model([]byte(strings.Replace(info, "%s", "1000", 1))),
		model([]byte(strings.Replace(info, "%s", "3000", 1)))
	if want := "model\t\t: 207\nflags\t\t: avx512f\n"; string(slow) != want || !bytes.Equal(slow, fast) {
		t.Errorf("%q and %q, want %q", slow, fast, want)
	}
}

// The header belongs to the version of go-xla in go.mod. After an upgrade the new version's header is needed.
func TestHeader(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla").Output()
	if err != nil {
		t.Skipf("go list does not find go-xla: %v", err)
	}
	theirs, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "pjrt", "pjrt_c_api.h"))
	if err != nil {
		t.Fatal(err)
	}
	if ours, err := os.ReadFile("pjrt_c_api.h"); err != nil || !bytes.Equal(ours, theirs) {
		t.Errorf("pjrt_c_api.h is not go-xla's (%v): copy it from there", err)
	}
}
