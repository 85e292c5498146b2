package metrics

import "context"

// PixelFlipping is the mean score f while the pixels are hidden one slice after the other, by falling value of the map.
// It counts from when the first slice is hidden. Low is good.
//
//	(f_1/2 + f_2 + ... + f_(n-1) + f_n/2) / (n - 1),   f_k = f(x without the first k/n)
//
// Bach et al. 2015, "On Pixel-Wise Explanations for Non-Linear Classifier Decisions by
// Layer-Wise Relevance Propagation"; the area as Quantus 0.6.0 takes it, over the number of
// intervals. It is [Deletion] without the whole picture's score.
var PixelFlipping = register(Metric{
	Name:    "pixel flipping",
	Group:   Faithfulness,
	Paper:   "Bach et al. 2015, doi:10.1371/journal.pone.0130140",
	Formula: "(f_1/2 + f_2 + ... + f_n/2) / (n - 1), f_k = f(x without the first k/n of its pixels)",
	Better:  "lower",
	Needs:   Passes,
	Cost:    "a pass for each step",
	Beware:  "pictures with holes are unlike those that the model was trained on",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		paths, err := s.pathFrom(ctx, 1, s.Mean, s.slicesByValue, false)
		return s.measurePaths(paths, err, func(path []float64) float64 { return trapezoid(path) / float64(len(path)-1) })
	},
})

// slicesByValue returns the slices of map m, the highest values first.
func (s *Probe) slicesByValue(m int) []set { return slicesOf(ranking(s.Maps[m]), s.Steps) }
