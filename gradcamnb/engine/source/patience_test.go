package source

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/hostile"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// impatient is a context that ends when it has been asked so many times whether it has.
type impatient struct {
	context.Context
	asked atomic.Int32 // by several goroutines
	most  int32
}

func (c *impatient) Err() error {
	if c.asked.Add(1) > c.most {
		return context.Canceled
	}
	return nil
}

// Opening and listing stop at the first question whether to go on: between nodes, between those of a loop, between
// calls of functions, and while weights are looked up. What was stopped is not kept: a patient caller gets the answer.
func TestOpeningStops(t *testing.T) {
	for name, made := range map[string]func() *protos.ModelProto{
		"nodes":     hostile.Files["25,000 activations"],
		"a loop":    hostile.Lies["a loop of 2^40 turns"],
		"functions": hostile.Files["functions that call the next one twice"],
	} {
		t.Run(name, func(t *testing.T) {
			file := golden.Save(t, made())
			for _, most := range []int32{0, 1, 10, 500} {
				ctx := &impatient{Context: t.Context(), most: most}
				err := listed(ctx, file)
				asked := ctx.asked.Load()
				if !errors.Is(err, context.Canceled) {
					t.Errorf("ended after %d questions of %d: %v", asked, most, err)
				}
				if asked > most+20 {
					t.Errorf("it went on for %d questions after its end", asked-most)
				}
			}
		})
	}
	m, err := ONNXWith(golden.Save(t, hostile.Files["25,000 activations"]()), onnxnorm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{1, 2} {
		ctx := &impatient{Context: t.Context(), most: 100}
		if _, err := m.Layers(ctx, []int{batch, 3, 32, 32}, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("a batch of %d: %v", batch, err)
		}
		if _, err := m.Layers(t.Context(), []int{batch, 3, 32, 32}, ""); err != nil {
			t.Errorf("a batch of %d after one that was stopped: %v", batch, err)
		}
	}
}

// Each hostile file comes back within a second of its deadline.
func TestOpeningHearsDeadline(t *testing.T) {
	require.Slow(t, "it measures time")
	for _, name := range slices.Sorted(maps.Keys(hostile.Files)) {
		t.Run(name, func(t *testing.T) {
			file := golden.Save(t, hostile.Files[name]())
			ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer stop()
			err := listed(ctx, file)
			ended, _ := ctx.Deadline()
			if late := time.Since(ended); late > time.Second {
				t.Errorf("%v after its deadline: %v", late, err)
			} else {
				t.Logf("%v after its deadline: %v", late, err)
			}
		})
	}
}

// listed opens a file and lists its layers.
func listed(ctx context.Context, file string) error {
	m, err := onnxWithin(ctx, file, onnxnorm.Options{})
	if err != nil {
		return err
	}
	_, err = m.Layers(ctx, []int{1, 3, 32, 32}, "")
	return err
}
