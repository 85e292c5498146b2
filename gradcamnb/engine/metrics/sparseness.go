package metrics

import (
	"context"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Sparseness is the Gini index of the map's magnitudes: 0 if all n pixels are equal, and nearly 1 if one pixel has
// everything. High is good.
//
//	SUM_k (2k - n - 1) a_(k) / (n SUM_k a_(k)),   a_(1) <= ... <= a_(n)
//
// Chalasani et al. 2020, "Concise Explanations of Neural Networks using Adversarial Training".
var Sparseness = register(Metric{
	Name:    "sparseness",
	Also:    []string{"Gini"},
	Group:   Complexity,
	Paper:   "Chalasani et al. 2020, arXiv:1810.06583",
	Formula: "SUM_k (2k - n - 1) a_(k) / (n SUM a), a sorted, rising",
	Better:  "higher",
	Needs:   Nothing,
	Beware:  "it does not say whether the place is right",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.each(func(_ int, m *heatmap.Map) float64 {
			a := magnitudes(m.Grid)
			slices.Sort(a)
			n := float64(len(a))
			var weighted, sum float64
			for k, v := range a {
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
