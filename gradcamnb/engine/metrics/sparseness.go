package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/radix"
)

// Sparseness is the Gini index of the map's positive part: 0 if all n pixels are equal, and nearly 1 if one pixel has
// everything. High is good. It is NaN if no value is above 0.
//
//	SUM_k (2k - n - 1) L_(k) / (n SUM_k L_(k)),   L_(1) <= ... <= L_(n)
//
// Chalasani et al. 2020, "Concise Explanations of Neural Networks using Adversarial Training".
var Sparseness = register(Metric{
	Name:    "sparseness",
	Also:    []string{"Gini"},
	Group:   Complexity,
	Paper:   "Chalasani et al. 2020, arXiv:1810.06583",
	Formula: "SUM_k (2k - n - 1) L_(k) / (n SUM L), L sorted, rising",
	Better:  "higher",
	Needs:   Nothing,
	Beware:  "it does not say whether the place is right",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.eachPositive(func(m heatmap.Grid) float64 {
			n := float64(len(m.Values))
			var weighted, sum float64
			for k, one := range radix.Sorted(m.Values) {
				v := float64(one)
				weighted += (2*float64(k+1) - n - 1) * v
				sum += v
			}
			return weighted / (n * sum)
		})
	},
})

func magnitudes(g heatmap.Grid) []float64 {
	out := make([]float64, len(g.Values))
	for i, v := range g.Values {
		out[i] = max(float64(v), -float64(v))
	}
	return out
}
