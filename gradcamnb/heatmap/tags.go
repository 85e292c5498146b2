package heatmap

import (
	"cmp"
	"math"
	"slices"
)

// Tags lists the classes whose probability is above a threshold, the most probable
// first, for a model that gives several tags at once. The probability of a tag is the
// sigmoid of its score, or the score itself where all lie in [0, 1] already.
func (r *Result) Tags(threshold float32) []Prediction {
	unit := !slices.ContainsFunc(r.Scores, func(v float32) bool { return !(v >= 0 && v <= 1) })
	var out []Prediction
	for i, v := range r.Scores {
		p := v
		if !unit {
			p = float32(1 / (1 + math.Exp(-float64(v))))
		}
		if p > threshold {
			out = append(out, Prediction{Index: i, Score: v, Probability: p})
		}
	}
	slices.SortStableFunc(out, func(a, b Prediction) int { return cmp.Compare(b.Probability, a.Probability) })
	return out
}
