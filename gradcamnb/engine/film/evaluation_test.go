package film_test

import (
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/film"
)

// evaluating runs 20 steps that are evaluated before the first, after every sixth, twice after the twelfth, and after
// the last. It returns the losses of the steps and those of the evaluations.
func evaluating(t *testing.T, loop *train.Loop, losses *[]float32, on train.Dataset) (steps, evaluations []float32) {
	t.Helper()
	evaluate := func() error {
		metrics, err := loop.Trainer.Eval(on)
		if err == nil {
			evaluations = append(evaluations, tensors.MustCopyFlatData[float32](metrics[0])[0])
		}
		return err
	}
	train.EveryNSteps(loop, 6, "evaluate", -100, func(*train.Loop, []*tensors.Tensor) error { return evaluate() })
	train.EveryNSteps(loop, 12, "evaluate again", 100, func(*train.Loop, []*tensors.Tensor) error { return evaluate() })
	if err := evaluate(); err != nil {
		t.Fatal(err)
	}
	if _, err := loop.RunSteps(spots{20}, 20); err != nil {
		t.Fatal(err)
	}
	if err := evaluate(); err != nil {
		t.Fatal(err)
	}
	return *losses, evaluations
}

// A film of evaluations has a frame for each step after which the trainer evaluates, whichever hook does, and one for
// the end. The losses of the training and of the evaluations are those without a film, bit for bit.
func TestWatchEvaluations(t *testing.T) {
	loop, _, losses := training(t)
	steps, evaluations := evaluating(t, loop, losses, spots{3})

	loop, store, losses := training(t)
	f, validation := film.WatchEvaluations(loop, spots{3}, watched(t, store), []image.Image{spotAt(2, 5)})
	again, evaluatedAgain := evaluating(t, loop, losses, validation)
	if !slices.Equal(steps, again) || !slices.Equal(evaluations, evaluatedAgain) || len(evaluations) != 6 {
		t.Errorf("the losses are %v and %v, without a film %v and %v", again, evaluatedAgain, steps, evaluations)
	}
	frames := f.Frames()
	for i, want := range []int{0, 6, 12, 18, 20} {
		if len(frames) != 5 || frames[i].Step != want {
			t.Fatalf("%d frames; frame %d is of step %d, want %d", len(frames), i, frames[i].Step, want)
		}
		if want > 0 && frames[i].Loss != float64(steps[want-1]) {
			t.Errorf("after step %d the loss is %g, want %g", want, frames[i].Loss, steps[want-1])
		}
	}
	if short := validation.(train.HasShortName).ShortName(); validation.Name() != "spots" || short != "spo" {
		t.Errorf("the data set is called %q, in short %q", validation.Name(), short)
	}
}

// A model that is wrong ends the first evaluation, and with it the training, with the reason.
func TestEvaluationsOfAWrongModel(t *testing.T) {
	loop, store, _ := training(t)
	_, validation := film.WatchEvaluations(loop, spots{3}, watched(t, store), []image.Image{spotAt(1, 1)},
		gradcamnb.Layers("nonesuch"))
	if _, err := loop.Trainer.Eval(validation); err == nil || !strings.Contains(err.Error(), `no layer "nonesuch"`) {
		t.Errorf("error %v", err)
	}
}
