package heatmap

import (
	"math"
	"testing"
)

// The probability of what a map explains is that of its own class; a target that is no class has none,
// though its index is that of one.
func TestLikelihood(t *testing.T) {
	nan := float32(math.NaN())
	r := &Result{Top: []Prediction{{Index: 1, Label: "cat", Probability: 0.7}, {Index: 0, Label: "dog", Probability: 0.3}}}
	for what, c := range map[string]struct {
		m    Map
		want float32 // 0 for none
	}{
		"a class that stands among others":     {Map{Index: 4, Rank: 3, Probability: 0.1}, 0.1},
		"one that the model gives none":        {Map{Index: 4, Rank: 3, Probability: nan}, 0},
		"one of the two of a single logit":     {Map{Index: 0, Class: "dog"}, 0.3},
		"a class of another output":            {Map{Index: 0, Class: "red"}, 0},
		"why a cat rather than a dog":          {Map{Index: 1, Target: "class 1 rather than class 0"}, 0},
		"a function, whose index says nothing": {Map{Target: "a cat"}, 0},
	} {
		if got, ok := r.Likelihood(&c.m); got != c.want && ok || ok != (c.want != 0) {
			t.Errorf("%s: %g, %t; want %g", what, got, ok, c.want)
		}
	}
}
