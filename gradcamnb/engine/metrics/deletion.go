package metrics

import "context"

// Deletion is the area under the score's curve while the picture is hidden step by step, beginning with what the map
// calls most important. Low is good: without that part the score falls at once.
//
// Petsiuk et al. 2018, "RISE: Randomized Input Sampling for Explanation of Black-box
// Models", section 4.2.
var Deletion = register(Metric{
	Name:    "deletion",
	Group:   Faithfulness,
	Needs:   Passes,
	Cost:    "a pass for each step",
	Beware:  "pictures with holes are unlike those that the model was trained on",
	Paper:   "Petsiuk et al. 2018, arXiv:1806.07421",
	Formula: "area under S(the picture without the first k/n of its pixels), k = 0..n",
	Better:  "lower",
	Measure: deletion,
})

func deletion(ctx context.Context, s *Probe) ([]float64, error) {
	return s.areasOf(ctx, "deletion", s.Mean, false)
}
