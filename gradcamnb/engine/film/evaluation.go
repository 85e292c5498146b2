package film

import (
	"image"
	"iter"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/gradcam-go/gradcam/gradcamnb"
)

// WatchEvaluations is like [Watch], but adds a frame at each evaluation on a data set, and at the end. A loop of GoMLX
// does not know of evaluations, so WatchEvaluations returns the data set to evaluate on. It yields what the given one
// yields. The frame is taken when a trainer has gone through it, in [train.Trainer.Eval], whoever calls that.
//
// A frame's step is the number of steps that the loop has done, and its loss is that of the last of them. If a data set
// is evaluated twice after the same step, there is one frame.
func WatchEvaluations(loop *train.Loop, on train.Dataset, m *gradcamnb.Model, pictures []image.Image,
	choices ...gradcamnb.Choice) (*Film, train.Dataset) {
	f := New(m, pictures, choices...)
	step, loss := loop.LoopStep, math.NaN()
	const first = math.MinInt // before the hooks that evaluate
	loop.OnStep("what the last step was", first, func(l *train.Loop, metrics []*tensors.Tensor) error {
		step, loss = l.LoopStep+1, firstMetric(metrics)
		return nil
	})
	take := func() error { return f.takeNew(step, loss) }
	loop.OnEnd("what the network looks at in the end", 0, func(*train.Loop, []*tensors.Tensor) error { return take() })
	return f, evaluated{on, take}
}

// evaluated is a data set that calls end when somebody has gone through it, and yields the error of that.
type evaluated struct {
	train.Dataset
	end func() error
}

func (e evaluated) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for batch, err := range e.Dataset.Iter() {
			if !yield(batch, err) {
				return
			}
		}
		if err := e.end(); err != nil {
			yield(train.Batch{}, err)
		}
	}
}

// ShortName returns the data set's short name, or what GoMLX takes if there is none: the first three letters.
func (e evaluated) ShortName() string {
	if named, ok := e.Dataset.(train.HasShortName); ok {
		return named.ShortName()
	}
	name := e.Name()
	return name[:min(3, len(name))]
}
