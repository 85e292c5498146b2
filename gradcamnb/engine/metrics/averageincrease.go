package metrics

import "context"

// AverageIncrease is 1 if the score rises when only what the map calls important is left of the picture, and 0
// otherwise. High is good. It is the term of one picture; the paper averages pictures:
//
//	1 if Y < O, else 0,   O = S(L I)
//
// Chattopadhay et al. 2018, "Grad-CAM++", section 5.1.2.
var AverageIncrease = register(Metric{
	Name:    "average increase",
	Group:   Faithfulness,
	Needs:   Passes,
	Cost:    "1 pass",
	Beware:  "it says only yes or no for a picture: average many",
	Paper:   "Chattopadhay et al. 2018, arXiv:1710.11063",
	Formula: "1 if Y < O, else 0, Y = S(I), O = S(L I) with L scaled to [0, 1]",
	Better:  "higher",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.scoreUnderMap(ctx, func(whole, shown float64) float64 {
			if whole < shown {
				return 1
			}
			return 0
		})
	},
})
