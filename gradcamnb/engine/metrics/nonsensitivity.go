package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// NonSensitivity is the number of slices on which map and model disagree whether the slice matters. The slices are
// equal parts of the pixels, by falling value of the map. A slice does not matter to the map if the map's magnitudes
// there are below 1e-5 of its largest. It does not matter to the model if hiding the slice alone changes the score f by
// less than 1e-5. Low is good.
//
//	|{ k : (max_(S_k) |a| < eps) xor (|f(x) - f(x without S_k)| < eps) }|
//
// Nguyen and Martinez 2020, "On quantitative aspects of model interpretability". The paper and Quantus 0.6.0 take
// single features instead of slices.
var NonSensitivity = register(Metric{
	Name:    "non-sensitivity",
	Group:   Axiom,
	Paper:   "Nguyen and Martinez 2020, arXiv:2007.07584",
	Formula: "|{ k : (max_(S_k) |a| < eps) xor (|f(x) - f(x without S_k)| < eps) }|",
	Better:  "lower",
	Needs:   Passes,
	Cost:    "a pass for each step",
	Beware:  "a negative value of the map counts as one that matters, just as a positive one does",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		const eps = 1e-5
		return s.eachSlices(ctx, ranking, func(m *heatmap.Map, slices []set, lost []float64) float64 {
			values := m.Signed().Values
			var top float64
			for _, v := range values {
				top = max(top, math.Abs(float64(v)))
			}
			n := 0
			for k, one := range slices {
				var highest float64
				for _, p := range one {
					highest = max(highest, math.Abs(float64(values[p])))
				}
				if (highest < eps*top) != (math.Abs(lost[k]) < eps) {
					n++
				}
			}
			return float64(n)
		})
	},
})
