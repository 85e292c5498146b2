package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The doctor finds the kernel where Jupyter does, and so in a virtual environment, but not in the working folder.
func TestDoctorFindsTheKernel(t *testing.T) {
	t.Setenv("PATH", "")
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	here := t.TempDir()
	t.Chdir(here)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := writeSpec(filepath.Join(here, "share", "jupyter"), kernelspec{Argv: []string{self}})
	if err != nil {
		t.Fatal(err)
	}
	for env, want := range map[string]string{"": "", here: dir} {
		t.Setenv("VIRTUAL_ENV", env)
		if got := installedSpec(home(t.TempDir())); got != want {
			t.Errorf("in the environment %q it finds %q, want %q", env, got, want)
		}
	}
}
