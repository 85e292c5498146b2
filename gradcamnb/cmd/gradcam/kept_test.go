//go:build cgo && linux && !noxla

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// The first process keeps its program. The second one loads it and writes the same map, bit for bit. Without a folder
// to keep programs in, or with XLA flags, everything works, too.
func TestProgramsAreKept(t *testing.T) {
	if err := engine.NewSaying("xla:cpu", io.Discard).Start(); err != nil {
		require.Missing(t, "xla", err.Error())
	}
	explain := func(programs, flags string) []byte {
		t.Helper()
		t.Setenv(engine.ProgramsEnv, programs)
		t.Setenv("XLA_FLAGS", flags)
		out := t.TempDir()
		if code, _, said := call(t, "explain", "--model", model("resnet-basic.dyn.onnx"), "--backend", "xla:cpu",
			"--tensor", golden.Path("golden", "resnet-basic", "input.npy"), "--out", out); code != 0 {
			t.Fatal(said)
		}
		raw, err := os.ReadFile(filepath.Join(out, "raw.npy"))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	kept := func(dir string) []string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, "*", "*-d"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	dir, other := filepath.Join(t.TempDir(), "programs"), filepath.Join(t.TempDir(), "programs")
	first := explain(dir, "")
	programs := kept(dir)
	if len(programs) == 0 {
		t.Fatal("nothing is kept")
	}
	if second := explain(dir, ""); !bytes.Equal(first, second) {
		t.Error("the kept program gives other numbers")
	}
	if now := kept(dir); !slices.Equal(programs, now) {
		t.Errorf("the second process compiled again: %d programs and then %d", len(programs), len(now))
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for why, with := range map[string][2]string{
		"off": {"off", ""}, "a file for a folder": {file, ""},
		"flags for XLA": {other, "--xla_cpu_parallel_codegen_split_count=2"},
	} {
		if !bytes.Equal(first, explain(with[0], with[1])) {
			t.Errorf("%s: other numbers", why)
		}
	}
	if len(kept(other)) > 0 {
		t.Error("with flags for XLA programs are kept")
	}
}
