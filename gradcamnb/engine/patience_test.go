package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// While RISE runs for long, a call with a deadline of 100 ms comes back within 100 ms more, be it explained between
// two batches of masks or not, and be its program compiled or not.
func TestShortCallsBehindALongOne(t *testing.T) {
	require.Slow(t, "measures waiting, which needs a quiet machine")
	onBackends(t, func(t *testing.T, e *Engine) {
		s, in := open(t, e, "resnet-basic.dyn.onnx"), tiny(t, "resnet-basic")
		explainTiny(t, s, in) // compiles
		long, stop := context.WithCancel(t.Context())
		ended, begun := make(chan error, 1), make(chan bool)
		go func() {
			first := sync.OnceFunc(func() { close(begun) })
			_, err := gradcamnb.NewModel(s).Run(long, gradcamnb.Request{Tensor: in, Methods: []string{"RISE"},
				Sampling: gradcamnb.Sampling{Masks: 1_000_000}, Progress: func(gradcamnb.Progress) { first() }})
			ended <- err
		}()
		<-begun
		for i := range 20 {
			const patience = 100 * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			start := time.Now()
			_, err := gradcamnb.NewModel(s).Run(ctx, gradcamnb.Request{Tensor: in,
				Methods: []string{[]string{"Grad-CAM", "LayerCAM"}[i%2]}})
			if took := time.Since(start); took > 2*patience || err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("came back after %s with %v", took, err)
			}
			cancel()
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("RISE ended with %v", err)
		}
	})
}

// An explanation takes at most 1.2 times as long while another model is being fetched: medians of 15, by turns.
func TestExplainingWhileAnotherIsFetched(t *testing.T) {
	require.Slow(t, "measures time, which needs a quiet machine")
	onBackends(t, func(t *testing.T, e *Engine) {
		s, in := open(t, e, "resnet-basic.dyn.onnx"), tiny(t, "resnet-basic")
		var alone, beside []time.Duration
		for range 15 {
			alone = append(alone, timed(func() { explainTiny(t, s, in) }))
			begun, release, read := make(chan bool), make(chan bool), make(chan error, 1)
			go func() {
				_, err := e.model(t.Context(), "far away", func() (source.Model, error) {
					close(begun)
					<-release
					return nil, errors.New("given up")
				})
				read <- err
			}()
			<-begun
			beside = append(beside, timed(func() { explainTiny(t, s, in) }))
			close(release)
			if err := <-read; err == nil {
				t.Error("the model was opened")
			}
		}
		slices.Sort(alone)
		slices.Sort(beside)
		a, b := alone[7], beside[7]
		t.Logf("alone %s, beside a model that is fetched %s", a, b)
		if float64(b) > 1.2*float64(a) {
			t.Errorf("it takes %.2f times as long", float64(b)/float64(a))
		}
	})
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
