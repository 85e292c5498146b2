package engine

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/memory"
	"github.com/gradcam-go/gradcam/internal/testing/processes"
)

// copyModel puts a model of testdata into a folder.
func copyModel(t *testing.T, name, to string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "models", name))
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// An open file is not read again until it, or one that belongs to it, changes; what was
// compiled for it is used again.
func TestModelsAreKept(t *testing.T) {
	e := NewSaying("go", io.Discard)
	path := filepath.Join(t.TempDir(), "m.onnx")
	copyModel(t, "resnet-basic.dyn.onnx", path)
	in := tiny(t, "resnet-basic")
	in.Dims, in.Values = []int{1, 3, 64, 64}, in.Values[:3*64*64]

	first := openFile(t, e, path)
	explainTiny(t, first, in, gradcamnb.Class(1))
	explainTiny(t, first, in, gradcamnb.Class(2))
	again := openFile(t, e, path)
	explainTiny(t, again, in, gradcamnb.Class(3))
	if again != first || len(again.programs) != 1 {
		t.Errorf("opened twice: another model %v, %d programs", again != first, len(again.programs))
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	touched := openFile(t, e, path)
	if touched == first {
		t.Error("the file has changed and is not read anew")
	}
	if len(first.programs) != 0 {
		t.Error("the programs of the old file are kept")
	}
	sidecar := filepath.Join(filepath.Dir(path), "m.json")
	if err := os.WriteFile(sidecar, []byte(`{"name": "renamed"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := openFile(t, e, path); got == touched || got.Info().Name != "renamed" {
		t.Error("a sidecar was added and is not read")
	}
}

func openFile(t *testing.T, e *Engine, path string) *session {
	t.Helper()
	s, err := e.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*session)
}

// Many models and programs, one after the other, stay within the limit, and the memory
// that the process really uses does not grow with their number.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	t.Setenv(memory.Env, strconv.Itoa(3*memory.ProgramBytes))
	alone(t, func(t *testing.T, e *Engine) {
		dir := t.TempDir()
		in := tiny(t, "resnet-basic")
		in.Dims, in.Values = []int{1, 3, 64, 64}, in.Values[:3*64*64]
		var resident []float64
		const rounds = 18
		for i := range rounds {
			if i >= rounds/3 {
				resident = append(resident, processes.ResidentMemory(t))
			}
			path := filepath.Join(dir, fmt.Sprintf("%d.onnx", i))
			copyModel(t, "resnet-basic.dyn.onnx", path)
			s := openFile(t, e, path)
			explainTiny(t, s, in, gradcamnb.Class(1))
		}
		m, err := e.keeps()
		if err != nil {
			t.Fatal(err)
		}
		if n, used := m.Usage(); used > 3*memory.ProgramBytes || n < 4 || len(e.open) > n {
			t.Errorf("%d things of %d bytes are kept, %d models, and %d bytes are the limit", n, used, len(e.open),
				3*memory.ProgramBytes)
		}
		resident = append(resident, processes.ResidentMemory(t))
		growth := processes.Growth(resident)
		t.Logf("resident memory grew by %.1f %% over %d models: %.0f", 100*growth, rounds*2/3, resident)
		if !(growth <= 0.15) {
			t.Errorf("resident memory grew by %.0f %%", 100*growth)
		}
	})
}
