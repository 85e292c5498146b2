//go:build cgo && linux && !noxla

package pjrtcache

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/cache"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

const nobody = 65534

// asNobody runs a shell command as a process of another user, and returns its output.
func asNobody(t *testing.T, line string, args ...string) string {
	t.Helper()
	c := exec.Command("/bin/sh", append([]string{"-c", line, "sh"}, args...)...)
	c.Dir = "/"
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out)
}

// reachable returns a folder that another user may look into, as on a shared disk.
func reachable(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	dir, err := os.MkdirTemp("", "pjrtcache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if said := asNobody(t, `cd "$1" && echo here`, dir); said != "here\n" {
		t.Skipf("another user cannot come to %s: %s", dir, said)
	}
	return dir
}

// A process of another user cannot replace a kept program by its own code, although the folder was opened to all for
// reading and the umask is 0. If it could have replaced it, the code does not run.
func TestProcessOfAnotherUser(t *testing.T) {
	top := reachable(t)
	defer posix.Umask(posix.Umask(0))
	dir := filepath.Join(top, "programs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	id := cache.ActionID{1}
	if err := f.put(id, []byte("ours")); err != nil {
		t.Fatal(err)
	}
	const poison = `for d in "$1"/*; do echo theirs >"$d/x" && echo "wrote into $d"; done
		for f in $(find "$1" -type f); do echo theirs >"$f" && echo "wrote $f"; done
		mv "$1" "$1-away" && echo moved`
	if said := asNobody(t, poison, dir); said != "" {
		t.Errorf("another user's process did this: %s", said)
	}
	if got, err := f.get(id); err != nil || string(got) != "ours" {
		t.Errorf("the program is %q, %v", got, err)
	}

	// This is another user's own folder of programs, under the name of ours.
	theirs := filepath.Join(top, "theirs")
	other, err := open(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.put(id, []byte("theirs")); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(theirs, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, nobody, nobody))
	})
	if err := errors.Join(err, os.Chown(top, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	said := asNobody(t, `mv "$1/programs" "$1/away" && mv "$1/theirs" "$1/programs" && echo swapped`, top)
	if said != "swapped\n" {
		t.Fatalf("the other user's process could not even try: %s", said)
	}
	if got, err := f.get(id); err == nil && string(got) != "ours" {
		t.Errorf("the open folder gave %q", got)
	}
	if _, err := open(dir); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("opened anew: %v", err)
	}
}
