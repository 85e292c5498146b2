package film_test

import (
	"fmt"
	"image"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/film"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/processes"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// onProcessBackends runs a test with the process's engine on pure Go and on XLA. A process has one such engine, so the
// test runs again in a process of its own for each.
func onProcessBackends(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if processes.IsAgain() {
		test(t)
		return
	}
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) {
			require.Backend(t, name, engine.New(name).Start())
			processes.Again(t, compute.ConfigEnvVar+"="+name)
		})
	}
}

// normed is a network with a batch norm and a dropout, whose trainings change averages and the state of random numbers.
// Pure Go lacks GoMLX's own operator for training with a batch norm.
func normed(scope *model.Scope, x *Node) *Node {
	x = layers.Convolution(scope.In("conv"), x).Channels(4).KernelSize(3).PadSame().Done()
	own := os.Getenv(compute.ConfigEnvVar) != "go"
	x = activation.Relu(norm.BatchNorm(scope.In("norm"), x, -1).UseBackendInference(own).Done())
	x = layers.DropoutStatic(scope, Reshape(x, x.Shape().Dim(0), -1), 0.3)
	return layers.Dense(scope.In("head"), x, true, 2)
}

// sharedTraining is a loop over a network on the backend of the process's engine, as docs/gomlx.md recommends, and the
// model that a film explains. It begins the same every time.
func sharedTraining(t *testing.T) (*train.Loop, *model.Store, *gradcamnb.Model) {
	t.Helper()
	store := model.NewStore()
	store.RootScope().SetParam(model.ParamInitialSeed, int64(7))
	trainer := train.NewTrainer(engine.MustBackend(), store, normed, loss.SparseCategoricalCrossEntropyLogits,
		optimizer.Adam().LearningRate(0.01).Done(), nil, nil)
	prep := imgio.Prep{Width: side, Height: side, Fit: imgio.Stretch, Order: "RGB", Scale: [3]float32{255, 255, 255}}
	m := engine.MustModel(source.Card{Name: "normed", Input: []int{-1, side, side, 3}, Prep: &prep}, store,
		func(scope *model.Scope, x *Node) []*Node { return []*Node{normed(scope, x)} })
	return train.NewLoop(trainer), store, m
}

// With the trainer on the engine's own backend, too, watching changes nothing: every loss, and in the end every weight,
// moment, average of the batch norm and state of the random numbers is that of a training that nobody watches, bit for
// bit.
func TestWatchingChangesNothingOnTheEnginesBackend(t *testing.T) {
	onProcessBackends(t, testSharedBackend)
}

func testSharedBackend(t *testing.T) {
	const steps = 30
	run := func(watch bool) (all []string) {
		loop, store, m := sharedTraining(t)
		loop.OnStep("losses", 0, func(_ *train.Loop, metrics []*tensors.Tensor) error {
			all = append(all, fmt.Sprint("loss ", tensors.MustCopyFlatData[float32](metrics[0])))
			return nil
		})
		var f *film.Film
		if watch {
			f = film.Watch(loop, 4, m, []image.Image{spotAt(2, 5)}, gradcamnb.Methods("HiResCAM", "Grad-CAM"))
		}
		if _, err := loop.RunSteps(spots{steps}, steps); err != nil {
			t.Fatal(err)
		}
		if watch {
			checkFilm(t, f, 8)
		}
		for v := range store.IterVariables() {
			value, err := v.Value()
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(v.Path(), "_uuid_") // of a metric, which is another one each time
			all = append(all, fmt.Sprint(name, " ", v.Name(), " ", value.Value()))
		}
		slices.Sort(all[steps:])
		return all
	}
	alone, watched := run(false), run(true)
	if len(alone) != len(watched) || len(alone) < steps+10 {
		t.Fatalf("%d losses and variables with a film, %d without", len(watched), len(alone))
	}
	for i, want := range alone {
		if watched[i] != want {
			t.Errorf("without a film %.200s\nwith one       %.200s", want, watched[i])
		}
	}
}

// checkFilm checks that a film has so many frames, whose maps differ and are not 0.
func checkFilm(t *testing.T, f *film.Film, want int) {
	t.Helper()
	frames := f.Frames()
	if f.Err() != nil || len(frames) != want {
		t.Fatalf("%d frames, want %d; error %v", len(frames), want, f.Err())
	}
	for i, frame := range frames {
		m := frame.Results[0].Maps[0].Raw.Values
		if slices.Max(m) == slices.Min(m) || i > 0 && slices.Equal(m, frames[i-1].Results[0].Maps[0].Raw.Values) {
			t.Errorf("after step %d the map is %v", frame.Step, m)
		}
	}
}

// A training that is watched at each of 1,050 steps, so that weights change between the 1,050 explanations, grows the
// process's resident memory by less than 5 % after the first 50. It is looked at after every 50.
func TestMemoryOfAWatchedTraining(t *testing.T) {
	require.Slow(t, "it trains for 1,050 steps on each backend")
	onProcessBackends(t, func(t *testing.T) {
		loop, _, m := sharedTraining(t)
		f := film.Watch(loop, 1, m, []image.Image{spotAt(2, 5)})
		var memory []float64
		for range 21 {
			if _, err := loop.RunSteps(spots{50}, 50); err != nil {
				t.Fatal(err)
			}
			memory = append(memory, processes.ResidentMemory(t))
		}
		growth := processes.Growth(memory)
		t.Logf("resident memory grew by %.2f %%: %.0f", 100*growth, memory)
		if n := len(f.Frames()); f.Err() != nil || n < film.Most/2 {
			t.Errorf("%d frames are kept, error %v", n, f.Err())
		}
		if !(growth <= 0.05) {
			t.Errorf("resident memory grew by %.1f %%, at most 5 %% is fine", 100*growth)
		}
	})
}
