package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// EffectiveComplexity is the number of pixels whose magnitude is more than 1e-5 of the map's
// largest. Low is good.
//
//	|{ i : |a_i| > 1e-5 max |a| }|
//
// Nguyen and Martinez 2020, "On quantitative aspects of model interpretability"; the threshold
// is Quantus 0.6.0's.
var EffectiveComplexity = register(Metric{
	Name:    "effective complexity",
	Group:   Complexity,
	Paper:   "Nguyen and Martinez 2020, arXiv:2007.07584",
	Formula: "|{ i : |a_i| > 1e-5 max |a| }|",
	Better:  "lower",
	Needs:   Nothing,
	Beware:  "it counts pixels, so it depends on the model's input size",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.each(func(_ int, m *heatmap.Map) float64 {
			a := magnitudes(m.Grid)
			var top float64
			for _, v := range a {
				top = max(top, v)
			}
			n := 0
			for _, v := range a {
				if v > 1e-5*top {
					n++
				}
			}
			return float64(n)
		})
	},
})
