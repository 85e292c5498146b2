package perturb

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
)

// checkResume returns an error if the given runs cannot be continued.
func checkResume(o ask.Sampling, aims int) error {
	if o.Resume == nil {
		return nil
	}
	if len(o.Resume) != aims {
		return fmt.Errorf("there are %d targets and %d runs to resume: give one a target", aims, len(o.Resume))
	}
	for _, s := range o.Resume {
		if s == nil {
			return errors.New("there is no run to resume: the map was not made with random masks")
		}
		if s.Grid != o.Grid || s.P != o.P || s.Seed != o.Seed || s.Batch != o.Batch || s.Design != o.Design {
			return fmt.Errorf("the run to resume drew masks of %d cells, probability %g, seed %d in batches of %d (design %q), and this request has %d cells, %g, seed %d and batches of %d (design %q): give the same",
				s.Grid, s.P, s.Seed, s.Batch, s.Design, o.Grid, o.P, o.Seed, o.Batch, o.Design)
		}
		if len(s.Weights) != len(o.Resume[0].Weights) {
			return errors.New("the runs to resume have different lengths: they are not of one run")
		}
	}
	return nil
}

// recognise scores the masks of a group that are drawn, and returns an error if the scores are not those of the run to
// resume. That run was then of another picture, model or target.
func (r *run) recognise(ctx context.Context, masks *tensors.Tensor, known []float32, drawn int) error {
	n := r.group
	now, scored, err := r.score(ctx, masks, drawn, func(int) (bool, error) { return false, nil })
	if err != nil {
		return err
	}
	if scored < drawn {
		return ctx.Err()
	}
	for a := range r.weights {
		apart, size := 0.0, 0.0
		for i, v := range known[a*n : a*n+drawn] {
			apart += math.Abs(float64(now[a*n+i] - v))
			size += math.Abs(float64(v))
		}
		const rounding = 0.01 // of the scores: another backend may find a faint detection or not
		if !(apart <= rounding*size) {
			return fmt.Errorf("the run to resume is of another picture, model or target: masks scored %.4g on average, which score %.4g now",
				mean(known[a*n:a*n+drawn]), mean(now[a*n:a*n+drawn]))
		}
	}
	return nil
}

func mean(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(len(values))
}
