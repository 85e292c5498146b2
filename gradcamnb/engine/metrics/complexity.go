package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Entropy is the entropy of the map's positive part as shares of its sum, in nats: 0 if one pixel has everything, ln n
// if all n are equal. Low is good. It is NaN if no value is above 0.
//
//	-SUM p ln p,   p = L / SUM L
//
// Bhatt et al. 2020, "Evaluating and Aggregating Feature-based Model Explanations",
// definition of the complexity.
var Entropy = register(Metric{
	Name:    "complexity",
	Also:    []string{"entropy"},
	Group:   Complexity,
	Paper:   "Bhatt et al. 2020, arXiv:2005.00631",
	Formula: "-SUM p ln p, p = L / SUM L",
	Better:  "lower",
	Needs:   Nothing,
	Beware:  "it does not say whether the place is right",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.eachPositive(func(m heatmap.Grid) float64 { return entropy(magnitudes(m)) })
	},
})

// entropy returns -SUM p ln p of values as shares p of their sum. No value may be below zero.
func entropy(values []float64) float64 {
	var sum, out float64
	for _, v := range values {
		sum += v
	}
	for _, v := range values {
		if p := v / sum; p > 0 {
			out -= p * math.Log(p)
		}
	}
	return out
}
