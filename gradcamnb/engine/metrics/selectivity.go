package metrics

import "context"

// Selectivity is the mean score f while all regions of 8 x 8 pixels are hidden one after the other, beginning with the
// largest sum of the map. Low is good. It is NaN for an input of one region.
//
//	(f_1/2 + f_2 + ... + f_(n-1) + f_n/2) / (n - 1),   f_k = f(x without the first k regions)
//
// Montavon et al. 2018, "Methods for interpreting and understanding deep neural networks",
// section 7.2. The area is divided by the number of intervals, as in Quantus 0.6.0.
var Selectivity = register(Metric{
	Name:    "selectivity",
	Group:   Faithfulness,
	Paper:   "Montavon et al. 2018, arXiv:1706.07979",
	Formula: "(f_1/2 + f_2 + ... + f_n/2) / (n - 1), f_k = f(x without the first k regions of 8 x 8)",
	Better:  "lower",
	Needs:   Passes,
	Cost:    "a pass for each 64 pixels of the input, 784 for 224 x 224",
	Beware:  "costly; region perturbation says nearly the same with 100 passes",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		paths, err := s.path(ctx, s.Mean, s.regions, false)
		return s.measurePaths(paths, err, func(path []float64) float64 {
			return trapezoid(path[1:]) / float64(len(path)-2)
		})
	},
})
