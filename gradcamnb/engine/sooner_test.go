package engine

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// While XLA compiles a program, pure Go answers. Afterwards XLA answers, with the same map, and also for another class,
// which needs no other program. A request that allows one backend only waits for XLA, and so does a request for a model
// that pure Go takes too long for.
func TestAnswerWhileCompiling(t *testing.T) {
	e := soonEngine(t)
	in := tiny(t, "resnet-basic")
	in.Dims, in.Values = append([]int{1}, in.Dims[1:]...), in.Values[:len(in.Values)/in.Dims[0]]
	m := gradcamnb.NewModel(open(t, e, "resnet-basic.dyn.onnx"))
	explain := func(choices ...gradcamnb.Choice) *heatmap.Result {
		results, err := m.ExplainTensor(*in, choices...)
		if err != nil {
			t.Fatal(err)
		}
		return results[0]
	}
	expect := func(what string, r *heatmap.Result, xla bool) {
		if isXLA(r.Backend) != xla {
			t.Errorf("%s was computed on %s", what, r.Backend)
		}
	}
	first := explain(gradcamnb.Class(1))
	expect("the first map", first, false)
	expect("a request for one backend", explain(gradcamnb.Request{Steady: true}, gradcamnb.Methods("LayerCAM")), true)
	waitFor(t, e)
	then := explain(gradcamnb.Class(1))
	expect("the same map again", then, true)
	expect("another class", explain(gradcamnb.Class(2)), true)
	a, b := first.Maps[0].Raw.Values, then.Maps[0].Raw.Values
	largest := slices.Max(b)
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) <= 1e-5*float64(largest)) {
			t.Fatalf("value %d of the map is %g in pure Go and %g on XLA", i, a[i], b[i])
		}
	}
	e.quick.most = 1
	expect("a model that pure Go takes too long for", explain(gradcamnb.Methods("HiResCAM")), true)
}

// soonEngine is an engine on XLA that pure Go answers for while it compiles.
func soonEngine(t *testing.T) *Engine {
	t.Helper()
	t.Setenv("GOMLX_BACKEND", "")
	e := New("")
	e.say = io.Discard
	if b, err := e.startedBackend(); err != nil || !isXLA(b.Name) {
		require.Missing(t, "xla", "XLA is not installed")
	}
	e.AnswerWhileCompiling()
	return e
}

// A model that takes other inputs is answered sooner, too, and what was compiled in the background is there for the
// next request.
func TestAnswerWhileCompilingOtherInputs(t *testing.T) {
	e := soonEngine(t)
	s, err := e.Open(golden.Path("inputs", "about.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	dims := []int{1, 3, 32, 32}
	for i, xla := range []bool{false, true} {
		r, err := gradcamnb.NewModel(s).ExplainTensor(gradcamnb.Tensor{Dims: dims, Values: zooPicture(dims)},
			gradcamnb.Input("about", gradcamnb.Numbers(1, 2, 3, 4)), gradcamnb.Class(0))
		if err != nil {
			t.Fatal(err)
		}
		if isXLA(r[0].Backend) != xla {
			t.Errorf("request %d was computed on %s", i, r[0].Backend)
		}
		waitFor(t, e)
	}
}

// The file is not read again to answer sooner: it may be gone.
func TestAnswerWhileCompilingWithoutFile(t *testing.T) {
	e := soonEngine(t)
	data, err := os.ReadFile(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "net.onnx")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := e.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	in := tiny(t, "resnet-basic")
	in.Dims, in.Values = append([]int{1}, in.Dims[1:]...), in.Values[:len(in.Values)/in.Dims[0]]
	r, err := gradcamnb.NewModel(s).ExplainTensor(*in, gradcamnb.Class(1))
	if err != nil {
		t.Fatal(err)
	}
	if isXLA(r[0].Backend) {
		t.Errorf("the first map was computed on %s", r[0].Backend)
	}
	waitFor(t, e)
}

// If the sidecar is written anew, the model that was opened before keeps what it was opened with, and a model that is
// opened then gets the new one, in pure Go, too.
func TestAnswerWhileCompilingAfterAChange(t *testing.T) {
	e := soonEngine(t)
	data, err := os.ReadFile(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "net.onnx")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := tiny(t, "resnet-basic")
	in.Dims, in.Values = append([]int{1}, in.Dims[1:]...), in.Values[:len(in.Values)/in.Dims[0]]
	explain := func(s driver.Session, want string, choices ...gradcamnb.Choice) {
		t.Helper()
		r, err := gradcamnb.NewModel(s).ExplainTensor(*in, choices...)
		if err != nil {
			t.Fatal(err)
		}
		if r[0].Model != want || isXLA(r[0].Backend) {
			t.Errorf("model %q was explained on %s, want %q in pure Go", r[0].Model, r[0].Backend, want)
		}
		waitFor(t, e)
	}
	write("net.onnx", string(data))
	write("net.json", `{"name": "old"}`)
	before, err := e.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	write("net.json", `{"name": "a new one"}`)
	explain(before, "old")
	after, err := e.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	explain(after, "a new one", gradcamnb.Methods("LayerCAM"))
}

// waitFor waits until nothing compiles in the background.
func waitFor(t *testing.T, e *Engine) {
	t.Helper()
	eventually.True(t, "nothing compiles in the background", func() bool { return !e.later.isBusy() })
}

// If several tasks wait in the background, only the last one is done.
func TestLaterDoesTheLast(t *testing.T) {
	var l backgroundWork
	started, release, done := make(chan bool), make(chan bool), make(chan int, 3)
	l.do(func() { close(started); <-release; done <- 1 })
	<-started
	l.do(func() { done <- 2 })
	l.do(func() { done <- 3 })
	close(release)
	if a, b := <-done, <-done; a != 1 || b != 3 {
		t.Errorf("done were %d and %d, want 1 and 3", a, b)
	}
}
