package main

import (
	"os/exec"
	"runtime"
	"slices"
	"testing"
)

// The engine is built with vector instructions if the go command has the experiment, and never against the user's own
// choice of experiments.
func TestVectors(t *testing.T) {
	t.Setenv("GOEXPERIMENT", "")
	known := exec.Command("go", "tool", "compile", "-V")
	known.Env = append(known.Environ(), "GOEXPERIMENT=simd")
	var want []string
	if known.Run() == nil && runtime.GOARCH == "amd64" {
		want = []string{"GOEXPERIMENT=simd"}
	}
	if got := vectors(t.TempDir()); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	t.Setenv("GOEXPERIMENT", "greenteagc")
	if got := vectors(t.TempDir()); got != nil {
		t.Errorf("beside the user's own experiment: %v", got)
	}
}
