package metrics

import (
	"context"
	"math"
)

// AverageGain is the share of the way to 1 by which the score Y rises when the picture is multiplied by its map L,
// scaled to [0, 1]. High is good. It is the term of one picture; the paper averages pictures:
//
//	max(0, O - Y) / (1 - Y),   O = S(L I)
//
// Zhang et al. 2024, "Opti-CAM: Optimizing saliency maps for interpretability", which gives it in percent, together
// with the average drop. It needs a score below one, such as a probability.
var AverageGain = register(Metric{
	Name:    "average gain",
	Group:   Faithfulness,
	Paper:   "Zhang et al. 2024, arXiv:2301.07002",
	Formula: "max(0, O - Y) / (1 - Y), Y = S(I), O = S(L I) with L scaled to [0, 1]",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "1 pass",
	Beware:  "pictures that the model is sure of can gain nothing",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.scoreUnderMap(ctx, func(whole, shown float64) float64 {
			if whole >= 1 {
				return math.NaN()
			}
			return max(0, shown-whole) / (1 - whole)
		})
	},
})
