package metrics

import "context"

// Insertion is the area under the score's curve while the picture is shown step by step on a blurred one, beginning
// with what the map calls most important. High is good: a small part of the picture is enough.
//
// Petsiuk et al. 2018, "RISE: Randomized Input Sampling for Explanation of Black-box
// Models", section 4.2.
var Insertion = register(Metric{
	Name:    "insertion",
	Group:   Faithfulness,
	Needs:   Passes,
	Cost:    "a pass for each step",
	Beware:  "much depends on the blur at the start, and published figures use different ones",
	Paper:   "Petsiuk et al. 2018, arXiv:1806.07421",
	Formula: "area under S(the first k/n of the pixels on the baseline), k = 0..n",
	Better:  "higher",
	Measure: insertion,
})

func insertion(ctx context.Context, s *Probe) ([]float64, error) {
	return s.areasOf(ctx, "insertion", s.Blur, true)
}
