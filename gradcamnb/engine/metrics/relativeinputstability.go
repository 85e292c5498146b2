package metrics

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// RelativeInputStability is the largest relative change of the map E divided by the relative change of the picture,
// value by value, among ten copies of the picture to which uniform noise of up to 0.02 is added. Low is good.
//
//	max_d |(E(x) - E(x + d)) / E(x)| / |d / x|
//
// Agarwal et al. 2022, "Rethinking Stability for Attribution-based Explanations", equation 2. A value of 0 is replaced
// by 1e-6, as in Quantus 0.6.0, which returns NaN if one of the copies is predicted to be something else. Maps are
// compared at the layer's own size.
var RelativeInputStability = register(Metric{
	Name:    "relative input stability",
	Also:    []string{"RIS"},
	Group:   Robustness,
	Paper:   "Agarwal et al. 2022, arXiv:2203.06877",
	Formula: "max_d |(E(x) - E(x + d)) / E(x)| / |d / x|",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "10 explanations",
	Beware:  "cells that are nearly zero decide it",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		if s.Again == nil {
			return nil, errNotAgain
		}
		var maps [][]*heatmap.Map
		var moved []float64
		noise := uniform(sensitivityRadius)
		for k := range sensitivityDraws {
			draw := rand.New(rand.NewPCG(s.Seed, uint64(3+k)))
			found, _, err := s.Again(ctx, Change{Picture: func(values []float32) {
				before := slices.Clone(values)
				for i := range values {
					values[i] += noise(draw)
				}
				moved = append(moved, relativeNorm(before, values))
			}})
			if err != nil {
				return nil, err
			}
			maps = append(maps, found)
		}
		return s.relativeToPicture(maps, moved)
	},
})

// relativeToPicture returns the stability of every map from its maps for other pictures, and how far these moved.
func (s *Probe) relativeToPicture(maps [][]*heatmap.Map, moved []float64) ([]float64, error) {
	values := foldValues(maps, len(s.Maps),
		func(k, m int) float64 { return relativeDistance(s.Maps[m], maps[k][m]) / avoidZero(moved[k]) },
		func(a, b float64) float64 { return max(a, b) })
	return s.each(func(i int, _ *heatmap.Map) float64 { return values[i] })
}

// relativeDistance returns the Euclidean norm of (a - b) / a.
func relativeDistance(a, b *heatmap.Map) float64 {
	return relativeNorm(a.Evidence().Values, b.Evidence().Values)
}

// relativeNorm returns the Euclidean norm of (x - y) / x.
func relativeNorm(x, y []float32) float64 {
	var sum float64
	for i := range x {
		sum += math.Pow((float64(x[i])-float64(y[i]))/avoidZero(float64(x[i])), 2)
	}
	return math.Sqrt(sum)
}

func avoidZero(v float64) float64 {
	if v == 0 {
		return 1e-6
	}
	return v
}
