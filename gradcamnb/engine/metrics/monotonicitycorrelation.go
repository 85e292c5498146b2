package metrics

import (
	"context"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/correlation"
)

// MonotonicityCorrelation is a rank correlation over equal slices of the pixels, by falling magnitude of the map a: of
// the sum of magnitudes in a slice with the square of the change of the score f when that slice alone is hidden. High
// is good.
//
//	spearman_k( SUM_(i in S_k) |a_i|,  (f(x) - f(x without S_k))^2 / f(x)^2 )
//
// Nguyen and Martinez 2020, "On quantitative aspects of model interpretability", who draw at random what replaces
// hidden pixels. Here the baseline replaces them, which is one draw. Quantus 0.6.0 agrees if its baseline is fixed.
var MonotonicityCorrelation = register(Metric{
	Name:    "monotonicity correlation",
	Group:   Faithfulness,
	Paper:   "Nguyen and Martinez 2020, arXiv:2007.07584",
	Formula: "spearman_k(SUM_(i in S_k) |a_i|, (f(x) - f(x without S_k))^2)",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "a pass for each step",
	Beware:  "it treats evidence for the class and evidence against it alike",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.eachSlices(ctx, rankMagnitudes, func(m *heatmap.Map, parts []set, lost []float64) float64 {
			values := m.Signed().Values
			size, change := make([]float64, len(parts)), make([]float64, len(parts))
			for k, one := range parts {
				for _, p := range one {
					size[k] += math.Abs(float64(values[p]))
				}
				change[k] = lost[k] * lost[k]
			}
			return correlation.Spearman(size, change)
		})
	},
})

// rankMagnitudes returns the place of every pixel by falling magnitude of the map.
func rankMagnitudes(m *heatmap.Map) []int32 {
	size := slices.Clone(m.Signed().Values)
	for i, v := range size {
		size[i] = max(v, -v)
	}
	return ranksOf(byFalling(size))
}
