package private

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A place is refused if anybody else could change it or a folder above it.
func TestCheck(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "a", "b")
	file := filepath.Join(dir, "file")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	a := filepath.Join(top, "a")
	for _, c := range []struct {
		path string
		mode os.FileMode
		want string // of whom the error speaks; empty if there is none
	}{
		{a, 0o700, ""}, {a, 0o755, ""}, {a, 0o775, a}, {a, 0o777, a}, {a, 0o777 | os.ModeSticky, ""}, {a, 0o700, ""},
		{dir, 0o707, dir}, {dir, 0o770, dir}, {dir, 0o700, ""},
		{file, 0o666, file}, {file, 0o620, file}, {file, 0o644, ""},
	} {
		if err := os.Chmod(c.path, c.mode); err != nil {
			t.Fatal(err)
		}
		err := Check(file)
		var refused *RefusedError
		if (err == nil) != (c.want == "") || err != nil &&
			(!errors.As(err, &refused) || !strings.HasPrefix(err.Error(), c.want+" ")) {
			t.Errorf("%s with the mode %v: %v", c.path, c.mode, err)
		}
	}
}

// A link is followed, and what it leads to is checked.
func TestCheckLinks(t *testing.T) {
	top := t.TempDir()
	open := filepath.Join(top, "open")
	link := filepath.Join(top, "link")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o777), os.WriteFile(filepath.Join(open, "file"), nil,
		0o600), os.Symlink("open", link)); err != nil {
		t.Fatal(err)
	}
	if err := Check(filepath.Join(link, "file")); err == nil || !strings.Contains(err.Error(), open) {
		t.Errorf("error %v", err)
	}
	if err := os.Chmod(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Check(filepath.Join(link, "file")); err != nil {
		t.Error(err)
	}
	// "up" leads to deep/.., which is the folder above the one that the link deep leads to, and not top.
	if err := errors.Join(os.MkdirAll(filepath.Join(open, "sub"), 0o700),
		os.Symlink("open/sub", filepath.Join(top, "deep")), os.Symlink("deep/..", filepath.Join(top, "up"))); err != nil {
		t.Fatal(err)
	}
	up := filepath.Join(top, "up", "file")
	if err := Check(up); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := Check(up); err == nil || !strings.Contains(err.Error(), open) {
		t.Errorf("error %v", err)
	}
	loop := filepath.Join(top, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	if err := Check(loop); err == nil {
		t.Error("a link to itself was taken")
	}
}

// Another user's file, link or folder is refused: root gives them away, so only root can try.
func TestOtherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files to another user")
	}
	const nobody = 65534
	top := t.TempDir()
	dir := filepath.Join(top, "dir")
	file := filepath.Join(dir, "file")
	link := filepath.Join(top, "link")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(file, nil, 0o644), os.Symlink("dir", link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, dir, link} {
		f, err := Open(link)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Lchown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		if err := Check(filepath.Join(link, "file")); err == nil || !strings.Contains(err.Error(), "another user") {
			t.Errorf("%s belongs to nobody: %v", path, err)
		}
		if got, err := f.File("file"); path == file && err == nil {
			t.Errorf("%v was opened, which belongs to nobody", got.Name())
		}
		if err := errors.Join(os.Lchown(path, 0, 0), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// A file is looked up in the folder that was opened, and not in one that has its name later.
func TestFolderIsTheOneOpened(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "dir")
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "sub"), 0o700), os.WriteFile(filepath.Join(dir, "sub", "file"),
		nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := errors.Join(os.Rename(dir, dir+"-away"), os.MkdirAll(filepath.Join(dir, "sub"), 0o700),
		os.WriteFile(filepath.Join(dir, "sub", "other"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.File("sub/other"); err == nil {
		t.Error("the other folder's file was opened")
	}
	got, err := f.File("sub/file")
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Close()
	if err := os.Chmod(filepath.Join(dir+"-away", "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := f.File("sub/file"); err == nil {
		t.Error("a file in a folder that is open to all was opened")
	}
	if err := f.Make("sub"); err == nil {
		t.Error("a folder that is open to all was taken")
	}
}
