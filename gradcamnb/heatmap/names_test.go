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

// A number without a label is called by what it counts.
func TestPredictionName(t *testing.T) {
	for want, p := range map[string]Prediction{
		"tabby":   {Index: 3, Label: "tabby", Of: "tag"},
		"class 3": {Index: 3},
		"tag 3":   {Index: 3, Of: "tag"},
		"color 3": {Index: 3, Of: "color"},
	} {
		p.Probability = 0.5
		if p.Name() != want || p.String() != want+" 50.0 %" {
			t.Errorf("%+v is called %q and printed %q", p, p.Name(), p)
		}
	}
	r := &Result{Scores: []float32{-1, 2}}
	if got := r.Tags(0.5); len(got) != 1 || got[0].Name() != "tag 1" {
		t.Errorf("the tags are %v", got)
	}
}
