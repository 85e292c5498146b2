package gomlxzoo

import (
	"image"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/examples/cifar"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"golang.org/x/sys/unix"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/film"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// noises are endless batches of noise with CIFAR's shape.
type noises struct{ size int }

func (noises) Name() string { return "noise" }

func (n noises) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		r := rand.New(rand.NewPCG(3, 4))
		for {
			x, y := make([]float32, n.size*32*32*3), make([]int32, n.size)
			for i := range x {
				x[i] = r.Float32()
			}
			for i := range y {
				y[i] = int32(r.IntN(10))
			}
			b := train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, n.size, 32, 32, 3)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, n.size, 1)}}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// busy returns how long this process has kept the processors busy.
func busy(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Watching every 20th step costs less than a twentieth of the training time of GoMLX's CIFAR network, on the backend of
// $GOMLX_BACKEND. The figures are medians of seven trainings of 20 steps each with and without, in turns. Programs are
// compiled before. Processor time is measured, which other programs on the machine do not lengthen.
//
//	GOMLX_BACKEND=go go test -run WatchingCosts -slow -v -timeout 30m .
func TestWatchingCosts(t *testing.T) {
	require.Slow(t, "it times hundreds of steps")
	const rounds, steps = 7, 20
	batch := 16
	if os.Getenv("GOMLX_BACKEND") == "go" {
		batch = 2 // sixteen take 6 s a step; of fewer the explanation is a larger part
	}
	cnn := func(scope *model.Scope, x *Node) *Node { return cifar.C10ConvolutionModelGraph(scope, x) }
	prep := imgio.Prep{Width: 32, Height: 32, Fit: imgio.Stretch, Order: "RGB", Scale: [3]float32{255, 255, 255}}
	loop := func() (*train.Loop, *model.Store) {
		store := model.NewStore()
		trainer := train.NewTrainer(engine.MustBackend(), store, cnn, loss.SparseCategoricalCrossEntropyLogits,
			optimizer.Adam().Done(), nil, nil)
		return train.NewLoop(trainer), store
	}
	alone, _ := loop()
	watched, store := loop()
	m := engine.MustModel(source.Card{Name: "cifar", Input: []int{-1, 32, 32, 3}, Prep: &prep, Labels: cifar.C10Labels},
		store, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{cnn(scope, x)}
		})
	strip := film.Watch(watched, 20, m, []image.Image{image.NewNRGBA(image.Rect(0, 0, 32, 32))}, gradcamnb.Class(3))
	times := map[*train.Loop][]float64{}
	run := func(l *train.Loop, n int) time.Duration {
		start := busy(t)
		if _, err := l.RunSteps(noises{batch}, n); err != nil {
			t.Fatal(err)
		}
		return busy(t) - start
	}
	for _, l := range []*train.Loop{alone, watched} {
		t.Logf("the first 20 steps, with what is compiled: %.2f s", run(l, 20).Seconds())
	}
	for range rounds {
		for _, l := range []*train.Loop{alone, watched} {
			times[l] = append(times[l], run(l, steps).Seconds())
		}
	}
	median := func(l *train.Loop) float64 { s := slices.Clone(times[l]); slices.Sort(s); return s[len(s)/2] }
	cost := median(watched)/median(alone) - 1
	t.Logf("%s: %d steps of %d pictures take %.3f s alone and %.3f s watched, %.1f %% more", os.Getenv("GOMLX_BACKEND"),
		steps, batch, median(alone), median(watched), 100*cost)
	t.Logf("alone %v, watched %v", times[alone], times[watched])
	if frames := len(strip.Frames()); frames != 1+rounds*steps/20 {
		t.Errorf("%d frames", frames)
	}
	if cost > 0.05 {
		t.Errorf("watching costs %.1f %%", 100*cost)
	}
}
