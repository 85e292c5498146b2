package heatmap

import (
	"cmp"
	"math"
	"slices"
)

// Tags returns the classes whose probability is above a threshold, the most probable first, for a model that gives
// several tags at once. The probability of a tag is what the model's graph computes from its score, or the sigmoid of
// the score if the graph does not say.
func (r *Result) Tags(threshold float32) []Prediction {
	var out []Prediction
	for i, v := range r.Scores {
		p := float32(1 / (1 + math.Exp(-float64(v))))
		if r.Known != nil {
			p = r.Known[i]
		}
		if p > threshold {
			out = append(out, Prediction{Index: i, Of: "tag", Score: v, Probability: p})
		}
	}
	slices.SortStableFunc(out, func(a, b Prediction) int { return cmp.Compare(b.Probability, a.Probability) })
	return out
}
