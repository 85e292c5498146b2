package metrics

import (
	"context"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// EffectiveComplexity is the number of pixels of the map's positive part whose value is more than 1e-5 of the largest.
// Low is good. It is NaN if no value is above 0.
//
//	|{ i : L_i > 1e-5 max L }|
//
// Nguyen and Martinez 2020, "On quantitative aspects of model interpretability"; the threshold
// is Quantus 0.6.0's.
var EffectiveComplexity = register(Metric{
	Name:    "effective complexity",
	Group:   Complexity,
	Paper:   "Nguyen and Martinez 2020, arXiv:2007.07584",
	Formula: "|{ i : L_i > 1e-5 max L }|",
	Better:  "lower",
	Needs:   Nothing,
	Beware:  "it counts pixels, so it depends on the model's input size",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.eachPositive(func(m heatmap.Grid) float64 {
			top := float64(slices.Max(m.Values))
			n := 0
			for _, v := range m.Values {
				if float64(v) > 1e-5*top {
					n++
				}
			}
			return float64(n)
		})
	},
})
