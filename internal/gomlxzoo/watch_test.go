package gomlxzoo

import (
	"image"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/compute"
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
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/film"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/processes"
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

// Watching every 20th step costs less than a twentieth of the training time of GoMLX's CIFAR network, on pure Go and on
// XLA, each as the engine's own backend in a process of its own. Programs are compiled before. The figures are of seven
// trainings of 20 steps each with and without, in turns: medians of processor time, which other programs on the machine
// do not lengthen, and the shortest times by the clock.
func TestWatchingCosts(t *testing.T) {
	require.Slow(t, "it times hundreds of steps")
	if processes.IsAgain() {
		watchingCosts(t, os.Getenv(compute.ConfigEnvVar))
		return
	}
	onBackends(t, func(t *testing.T, on *device.Backend) {
		processes.Again(t, compute.ConfigEnvVar+"="+on.Name)
	})
}

func watchingCosts(t *testing.T, backend string) {
	const rounds, steps = 7, 20
	batch := 16
	if backend == "go" {
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
	times := map[*train.Loop][]spent{}
	run := func(l *train.Loop, n int) spent {
		start, clock := busy(t), time.Now()
		if _, err := l.RunSteps(noises{batch}, n); err != nil {
			t.Fatal(err)
		}
		return spent{(busy(t) - start).Seconds(), time.Since(clock).Seconds()}
	}
	for _, l := range []*train.Loop{alone, watched} {
		t.Logf("the first 20 steps, with what is compiled: %.2f s", run(l, 20).clock)
	}
	for range rounds {
		for _, l := range []*train.Loop{alone, watched} {
			times[l] = append(times[l], run(l, steps))
		}
	}
	t.Logf("alone %.3f, watched %.3f", times[alone], times[watched])
	if frames := len(strip.Frames()); frames != 1+rounds*steps/20 {
		t.Errorf("%d frames", frames)
	}
	for what, of := range map[string]func([]spent) float64{"of processor time": medianBusy, "by the clock": shortest} {
		cost := of(times[watched])/of(times[alone]) - 1
		t.Logf("%s: %d steps of %d pictures take %.3f s alone and %.3f s watched %s, %.1f %% more", backend, steps, batch,
			of(times[alone]), of(times[watched]), what, 100*cost)
		if !(cost <= 0.05) {
			t.Errorf("watching costs %.1f %% %s", 100*cost, what)
		}
	}
}

// spent is what a training took, in seconds.
type spent struct{ busy, clock float64 }

func medianBusy(times []spent) float64 {
	var all []float64
	for _, s := range times {
		all = append(all, s.busy)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func shortest(times []spent) float64 {
	best := math.Inf(1)
	for _, s := range times {
		best = min(best, s.clock)
	}
	return best
}
