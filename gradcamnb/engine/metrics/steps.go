package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// path returns the scores along a path of pictures for every map, [map][step]. Step 0 is the whole picture, and step k
// of n hides set k, too; sets(m) returns the sets of map m. If reveal is set, everything is hidden at step 0, and step
// k shows set k.
func (s *Probe) path(ctx context.Context, over Model, sets func(m int) []set, reveal bool) ([][]float64, error) {
	return s.pathFrom(ctx, 0, over, sets, reveal)
}

// pathFrom is [Probe.path] without the steps before the first one, 0 or 1.
func (s *Probe) pathFrom(ctx context.Context, first int, over Model, sets func(m int) []set, reveal bool) ([][]float64,
	error) {
	paths := make([][]set, len(s.Maps))
	starts := make([]int, len(s.Maps)+1)
	for m := range s.Maps {
		paths[m] = sets(m)
		starts[m+1] = starts[m] + len(paths[m]) + 1 - first
	}
	m := 0
	var state []float32 // the mask of the step before
	scores, err := s.score(ctx, over, starts[len(s.Maps)], func(i int, mask []float32) {
		if i == 0 {
			m = 0
		}
		for i >= starts[m+1] {
			m++
		}
		if i == starts[m] {
			state = make([]float32, len(mask))
			fill(state, !reveal)
		}
		if step := i - starts[m] + first; step > 0 {
			v := float32(0)
			if reveal {
				v = 1
			}
			for _, p := range paths[m][step-1] {
				state[p] = v
			}
		}
		copy(mask, state)
	})
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(s.Maps))
	for m, aim := range s.Aims {
		for _, row := range scores[starts[m]:starts[m+1]] {
			out[m] = append(out[m], float64(row[aim]))
		}
	}
	return out, nil
}

// measurePaths returns a value for each map from its path; see [Probe.path].
func (s *Probe) measurePaths(paths [][]float64, err error, value func(path []float64) float64) ([]float64, error) {
	if err != nil {
		return nil, err
	}
	return s.each(func(i int, _ *heatmap.Map) float64 { return value(paths[i]) })
}

// trapezoid returns the area under a curve with steps of width 1, by the trapezoid rule. It is NaN for a single value.
func trapezoid(curve []float64) float64 {
	n := len(curve) - 1
	if n < 1 {
		return math.NaN()
	}
	sum := (curve[0] + curve[n]) / 2
	for _, v := range curve[1:n] {
		sum += v
	}
	return sum
}
