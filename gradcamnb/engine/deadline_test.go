package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

const deepSide = 32

// deep is a network of 40 convolutions, which XLA compiles for a second. It calls building while the graph of a program
// is built, which is a part of compiling it.
func deep(t *testing.T, e *Engine, building func(GraphId)) (*gradcamnb.Model, gradcamnb.Tensor) {
	t.Helper()
	t.Cleanup(func() { // waits for the compiler
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := source.GoMLX(source.Card{Name: "deep", Input: []int{-1, deepSide, deepSide, 3}, Untrained: true}, model.NewStore(),
		func(scope *model.Scope, x *Node) []*Node {
			if len(e.turn) == 1 { // not while the layers are listed
				building(x.Graph().GraphId())
			}
			for i := range 40 {
				x = Tanh(layers.Convolution(scope.In("conv%d", i), x).Channels(8).KernelSize(3).PadSame().Done())
			}
			return []*Node{ReduceMean(x, 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	dims := []int{1, deepSide, deepSide, 3}
	return gradcamnb.NewModel(e.Session(m)), gradcamnb.Tensor{Dims: dims, Values: zooPicture(dims)}
}

// Every call with a context returns at once when the context ends, also while a program is being compiled; the compiler
// goes on. After the return nothing reads the caller's tensor, and the results hold the maps that were ready.
func TestEveryCallEndsWhileCompiling(t *testing.T) {
	for name, c := range map[string]struct {
		request gradcamnb.Request
		program int // that is being compiled, counted with the graph that is built to see which batch can be had
		maps    int // that there are
	}{
		"one pass": {gradcamnb.Request{}, 1, 0},
		"masks":    {gradcamnb.Request{Methods: []string{"Grad-CAM", "RISE"}}, 3, 1},
		"measures": {gradcamnb.Request{Measuring: gradcamnb.Measuring{Metrics: []string{"deletion"}}}, 3, 1},
		"again":    {gradcamnb.Request{Measuring: gradcamnb.Measuring{Metrics: []string{"input invariance"}}}, 3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, e *Engine) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				returned := make(chan bool)
				defer close(returned)
				var cancelled time.Time
				programs := map[GraphId]bool{}
				m, in := deep(t, e, func(g GraphId) {
					if programs[g] = true; len(programs) != c.program || ctx.Err() != nil {
						return
					}
					cancelled = time.Now()
					cancel()
					select {
					case <-returned:
					case <-time.After(time.Minute): // it does not return
					}
				})
				r := c.request
				r.Tensor = &in
				results, err := m.Run(ctx, r)
				if !errors.Is(err, context.Canceled) || cancelled.IsZero() {
					t.Fatalf("error %v", err)
				}
				took := time.Since(cancelled)
				t.Logf("came back %s after it was cancelled", took)
				if require.IsSlow() && took > 50*time.Millisecond {
					t.Error("that is too late")
				}
				clear(in.Values)
				if maps := mapsOf(results); len(maps) != c.maps || len(e.turn) != 1 {
					t.Errorf("%d maps, want %d; and %d compilers run", len(maps), c.maps, len(e.turn))
				}
			})
		})
	}
}

func mapsOf(results []*heatmap.Result) []*heatmap.Map {
	if len(results) == 0 {
		return nil
	}
	return results[0].Maps
}

// After a call was ended while its program was compiled, the next ones wait for the compiler, each as long as its own
// context allows, and use what it made: no other is compiled. Close waits for the compiler, too.
func TestAfterADeadline(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		var compiling atomic.Bool
		compiling.Store(true)
		programs := map[GraphId]bool{}
		begun := make(chan bool, 9)
		m, in := deep(t, e, func(g GraphId) {
			programs[g] = true
			begun <- true
			for compiling.Load() {
				time.Sleep(time.Millisecond)
			}
		})
		run := func(ctx context.Context, methods ...string) error {
			_, err := m.Run(ctx, gradcamnb.Request{Tensor: &in, Methods: methods})
			return err
		}
		untilItCompiles := func(methods ...string) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-begun; cancel() }()
			if err := run(ctx, methods...); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		}
		patiently, cancel := context.WithCancel(t.Context())
		defer cancel()
		untilItCompiles()
		hasty, late := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer late()
		if err := run(hasty); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		time.AfterFunc(100*time.Millisecond, func() { compiling.Store(false) })
		if err := run(patiently); err != nil || len(programs) != 1 {
			t.Errorf("%d programs were made, error %v", len(programs), err)
		}
		compiling.Store(true)
		untilItCompiles("LayerCAM")
		time.AfterFunc(100*time.Millisecond, func() { compiling.Store(false) })
		if err := e.Close(); err != nil || compiling.Load() || len(programs) != 2 {
			t.Errorf("closed with %v, while a compiler runs: %v, after %d programs", err, compiling.Load(), len(programs))
		}
		if err := run(patiently); !errors.Is(err, ErrClosed) {
			t.Errorf("error %v", err)
		}
	})
}

// A panic of a graph function reaches the caller as an error, whether its context may end or not.
func TestPanicWhileCompiling(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		m, in := deep(t, e, func(GraphId) { panic("broken") })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if _, err := m.Run(ctx, gradcamnb.Request{Tensor: &in}); err == nil {
			t.Errorf("error %v", err)
		}
		if _, err := m.ExplainTensor(in); err == nil {
			t.Error("no error")
		}
	})
}
