package metrics

import (
	"context"
	"math/rand/v2"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/correlation"
)

// SmoothMPRT is [MPRT] with maps that are averaged over ten noisy copies of the picture, so that a noisy map is not
// taken for one that depends on the weights. Low is good.
//
//	spearman( mean_d E_trained(x + d), mean_d E_random(x + d) ),   d normal, 0.1 of the picture's range
//
// Hedstroem et al. 2024, "A Fresh Look at Sanity Checks for Saliency Maps", sMPRT; Quantus 0.6.0 draws
// 50 pictures.
var SmoothMPRT = register(Metric{
	Name:    "smooth model randomisation",
	Also:    []string{"sMPRT", "smooth MPRT"},
	Group:   Randomisation,
	Paper:   "Hedstroem et al. 2024, arXiv:2405.02383",
	Formula: "spearman(mean_d E_trained(x + d), mean_d E_random(x + d))",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "20 explanations",
	Beware:  "a map of an untrained net still shows the picture's edges",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		trained, err := s.sumOverNoise(ctx, false)
		if err != nil {
			return nil, err
		}
		random, err := s.sumOverNoise(ctx, true)
		if err != nil {
			return nil, err
		}
		return s.each(func(i int, _ *heatmap.Map) float64 { return correlation.Spearman(trained[i], random[i]) })
	},
})

// sumOverNoise returns the sum of every map over noisy pictures, with random weights or with the model's own.
func (s *Probe) sumOverNoise(ctx context.Context, random bool) ([][]float64, error) {
	if s.Again == nil {
		return nil, errNotAgain
	}
	sum := make([][]float64, len(s.Maps))
	for k := range sensitivityDraws {
		draw := rand.New(rand.NewPCG(s.Seed, uint64(3+k)))
		maps, _, err := s.Again(ctx, Change{Weights: random, Seed: s.Seed, Picture: func(values []float32) {
			lo, hi, _ := (heatmap.Grid{Values: values}).Range()
			for i := range values {
				values[i] += 0.1 * (hi - lo) * float32(draw.NormFloat64())
			}
		}})
		if err != nil {
			return nil, err
		}
		for i, m := range maps {
			values := m.Evidence().Values
			if sum[i] == nil {
				sum[i] = make([]float64, len(values))
			}
			for j, v := range values {
				sum[i][j] += float64(v)
			}
		}
	}
	return sum, nil
}
