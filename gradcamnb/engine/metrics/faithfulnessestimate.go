package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/correlation"
)

// FaithfulnessEstimate is the correlation, over equal slices of the pixels by falling value of
// the map a, of the slice's sum with what the score f loses when this slice alone is hidden.
// High is good.
//
//	corr_k( SUM_(i in S_k) a_i,  f(x) - f(x without S_k) )
//
// Alvarez-Melis and Jaakkola 2018, "Towards Robust Interpretability with Self-Explaining Neural
// Networks".
var FaithfulnessEstimate = register(Metric{
	Name:    "faithfulness estimate",
	Group:   Faithfulness,
	Paper:   "Alvarez-Melis and Jaakkola 2018, arXiv:1806.07538",
	Formula: "corr_k(SUM_(i in S_k) a_i, f(x) - f(x without S_k)), S_k the k-th slice by falling a",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "a pass for each step",
	Beware:  "with few steps it is a correlation of few numbers",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.eachSlices(ctx, ranking, func(m *heatmap.Map, slices []set, lost []float64) float64 {
			return correlation.Pearson(sums(m, slices), lost)
		})
	},
})

// eachSlices returns a number for each map. It cuts the pixels, in the order of their ranks, into equal slices; value
// gets the slices and the losses of the score when each slice alone is hidden.
func (s *Probe) eachSlices(ctx context.Context, ranks func(m *heatmap.Map) []int32,
	value func(m *heatmap.Map, slices []set, lost []float64) float64) ([]float64, error) {
	var sets []set
	for _, m := range s.Maps {
		sets = append(sets, slicesOf(ranks(m), s.Steps)...)
	}
	lost, err := s.drops(ctx, s.Mean, sets)
	if err != nil {
		return nil, err
	}
	return s.each(func(i int, m *heatmap.Map) float64 {
		from, to := i*s.Steps, (i+1)*s.Steps
		return value(m, sets[from:to], column(lost, s.Aims[i])[from:to])
	})
}

// slicesOf returns n sets of nearly equal size, by rank: of P pixels, slice k has the ranks from k P / n up to (k + 1)
// P / n, rounded down.
func slicesOf(ranks []int32, n int) []set {
	out := make([]set, n)
	for p, rank := range ranks {
		k := ((int(rank)+1)*n - 1) / len(ranks)
		out[k] = append(out[k], int32(p))
	}
	return out
}
