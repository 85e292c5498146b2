package metrics

import (
	"context"
	"slices"
)

// Monotonicity is 1 if the score f never falls while the pixels are shown on the baseline, one slice after the other,
// by rising value of the map. Otherwise it is 0. High is good.
//
//	1 if f_(k+1) >= f_k for all k, else 0
//
// Arya et al. 2019, "One Explanation Does Not Fit All".
var Monotonicity = register(Metric{
	Name:    "monotonicity",
	Group:   Faithfulness,
	Paper:   "Arya et al. 2019, arXiv:1909.03012",
	Formula: "1 if f(the k + 1 lowest slices shown) >= f(the k lowest shown) for all k, else 0",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "a pass for each step",
	Beware:  "it says only yes or no for a picture, and nearly always no for deep nets: average many",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		paths, err := s.path(ctx, s.Mean, func(m int) []set {
			sets := slicesOf(ranking(s.Maps[m]), s.Steps)
			slices.Reverse(sets)
			return sets
		}, true)
		return s.measurePaths(paths, err, func(path []float64) float64 {
			for k := 2; k < len(path); k++ {
				if path[k] < path[k-1] {
					return 0
				}
			}
			return 1
		})
	},
})
