package metrics

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// RelativeOutputStability is the largest relative change of the map E divided by the change of the model's scores h,
// among ten copies of the picture to which uniform noise of up to 0.02 is added. Low is good.
//
//	max_d |(E(x) - E(x + d)) / E(x)| / |h(x) - h(x + d)|
//
// Agarwal et al. 2022, "Rethinking Stability for Attribution-based Explanations", equation 5. A value of E of 0, and a
// change of h of 0, are replaced by 1e-6, as in Quantus 0.6.0, which returns NaN if one of the copies is predicted to
// be something else. Maps are compared at the layer's own size.
var RelativeOutputStability = register(Metric{
	Name:    "relative output stability",
	Also:    []string{"ROS"},
	Group:   Robustness,
	Paper:   "Agarwal et al. 2022, arXiv:2203.06877",
	Formula: "max_d |(E(x) - E(x + d)) / E(x)| / |h(x) - h(x + d)|",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "10 explanations",
	Beware:  "cells that are nearly zero decide it, and so do scores that hardly move",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		if s.Again == nil {
			return nil, errNotAgain
		}
		if len(s.Scores) == 0 {
			return nil, errors.New("this metric needs the scores of all classes, but the model's first output is no list of classes")
		}
		var maps [][]*heatmap.Map
		var scores [][]float32
		noise := uniform(sensitivityRadius)
		for k := range sensitivityDraws {
			draw := rand.New(rand.NewPCG(s.Seed, uint64(3+k)))
			found, of, err := s.Again(ctx, Change{Picture: func(values []float32) {
				for i := range values {
					values[i] += noise(draw)
				}
			}})
			if err != nil {
				return nil, err
			}
			maps, scores = append(maps, found), append(scores, of)
		}
		return s.relativeToScores(maps, scores)
	},
})

// relativeToScores returns the stability of every map from its maps and scores for other pictures.
func (s *Probe) relativeToScores(maps [][]*heatmap.Map, scores [][]float32) ([]float64, error) {
	return s.each(func(i int, m *heatmap.Map) float64 {
		most := 0.0
		for k := range maps {
			most = max(most, relativeDistance(m, maps[k][i])/avoidZero(scoreDistance(s.Scores, scores[k])))
		}
		return most
	})
}

// scoreDistance returns the Euclidean distance of two lists of scores.
func scoreDistance(a, b []float32) float64 {
	var sum float64
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}
