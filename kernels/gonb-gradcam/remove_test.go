package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes files with their names as text.
func tree(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(dir, f)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(f), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// listFiles returns the names under a folder, sorted.
func listFiles(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// A user's folder that has parts with the names of ours loses nothing, and nothing is put into it.
func TestForeignHomeStays(t *testing.T) {
	dir, prefix := t.TempDir(), t.TempDir()
	own := []string{"bin/mytool", "demo/a", "docs/a", "jupyter/a", "log/a", "programs/a", "stamps/a", "venv/bin/python"}
	tree(t, dir, own...)
	if err := os.MkdirAll(filepath.Join(prefix, "share", "jupyter", "kernels", kernelName), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"uninstall", "--all", "--prefix", prefix}, {"install", "--prefix", prefix},
		{"demo"}} {
		code, said := call(t, dir, args...)
		if code != 1 || !strings.Contains(said, "not made by gradcamnb") {
			t.Errorf("%v: exit code %d: %s", args, code, said)
		}
		if got := listFiles(t, dir); got != strings.Join(own, " ") {
			t.Errorf("%v: the folder holds %s", args, got)
		}
	}
}

// In our folder our files are removed by name, and all others stay, also those behind a link.
func TestRemoveByName(t *testing.T) {
	t.Setenv("GRADCAMNB_HOME", filepath.Join(t.TempDir(), "h"))
	h, err := openHome()
	if err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	tree(t, outside, "gonb", "kernel.json")
	tree(t, string(h), "bin/gonb", "bin/mytool", "programs/ab/abcd-d", "programs/ab/notes", "stamps/tools",
		"log/install.log", "venv/mine",
		ortWheel.library(), "stamps/onnxruntime")
	if err := os.Symlink(outside, h.join("pjrt")); err != nil {
		t.Fatal(err)
	}
	if err := h.remove(); err == nil || !strings.Contains(err.Error(), "holds something else and stays") {
		t.Errorf("error %v", err)
	}
	if got, want := listFiles(t, string(h)), ".gradcamnb bin/mytool pjrt programs/ab/notes venv/mine"; got != want {
		t.Errorf("it holds %s, want %s", got, want)
	}
	if got := listFiles(t, outside); got != "gonb kernel.json" {
		t.Errorf("outside there is %s", got)
	}
}

// The libraries that install downloads are removed with the folder. The kernel does not start with a library that
// others can change.
func TestLibrariesAreOurs(t *testing.T) {
	for _, w := range []wheel{pjrtWheel, ortWheel} {
		t.Setenv("GRADCAMNB_HOME", filepath.Join(t.TempDir(), "h"))
		h, err := openHome()
		if err != nil {
			t.Fatal(err)
		}
		tree(t, string(h), w.library(), "stamps/"+w.folder, "bin/gonb", "src/go.mod")
		if err := os.Chmod(h.join(w.library()), 0o666); err != nil {
			t.Fatal(err)
		}
		l := launcher{home: h, src: h.join("src")}
		if _, err := l.command(t.Context()); err == nil || !strings.Contains(err.Error(), "can be changed by other users") {
			t.Errorf("%s: error %v", w.name, err)
		}
		if err := errors.Join(os.RemoveAll(h.join("src")), h.remove()); err != nil || exists(string(h)) {
			t.Errorf("%s: error %v", w.name, err)
		}
	}
}

// A folder made by a version without the marker is recognised by its stamps, and is marked.
func TestOlderHomeIsMarked(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GRADCAMNB_HOME", dir)
	tree(t, dir, "bin/gonb")
	if _, err := openHome(); err == nil {
		t.Error("a folder without stamps was taken")
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "stamps"), 0o700),
		os.WriteFile(filepath.Join(dir, "stamps", "tools"), []byte(strings.Repeat("0a", 32)), 0o600)); err != nil {
		t.Fatal(err)
	}
	h, err := openHome()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.remove(); err != nil || exists(dir) {
		t.Errorf("error %v", err)
	}
}

// Nothing in the current folder is run: the doctor asks Python for packages, and files in that folder have their names.
func TestDoctorRunsNothingOfFolder(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	if _, err := findPython(); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"jupyterlab", "nbclient", "nbconvert"} {
		if err := os.WriteFile(filepath.Join(dir, name+".py"), []byte("open('ran', 'w')\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(bin, "jupyter"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Chdir(dir)
	call(t, t.TempDir(), "doctor")
	findJupyter()
	if exists(filepath.Join(dir, "ran")) {
		t.Error("a file of the folder was run")
	}
}

// A kernel does not start programs that others could have put there.
func TestLaunchChecks(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GRADCAMNB_HOME", dir)
	h, err := openHome()
	if err != nil {
		t.Fatal(err)
	}
	tree(t, dir, "bin/gonb", "src/go.mod")
	if err := os.Chmod(h.join("bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	l := launcher{home: h, src: h.join("src")}
	if _, err := l.command(t.Context()); err == nil || !strings.Contains(err.Error(), "can be changed by other users") {
		t.Errorf("error %v", err)
	}
}
