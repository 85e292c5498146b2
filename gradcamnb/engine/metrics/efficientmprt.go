package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// EfficientMPRT is how much more complex the map becomes when all weights are random: the
// relative rise of the entropy of its histogram of 100 bins. High is good.
//
//	( H(E_random(x)) - H(E_trained(x)) ) / H(E_trained(x))
//
// Hedstroem et al. 2024, "A Fresh Look at Sanity Checks for Saliency Maps", eMPRT; the histogram is
// that of Quantus 0.6.0.
var EfficientMPRT = register(Metric{
	Name:    "efficient model randomisation",
	Also:    []string{"eMPRT", "efficient MPRT"},
	Group:   Randomisation,
	Paper:   "Hedstroem et al. 2024, arXiv:2405.02383",
	Formula: "(H(E_random) - H(E_trained)) / H(E_trained), H of 100 bins",
	Better:  "higher",
	Needs:   Maps,
	Cost:    "1 explanation by a changed model",
	Beware:  "a layer of few cells has a coarse histogram",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		if s.Again == nil {
			return nil, errNotAgain
		}
		random, _, err := s.Again(ctx, Change{Weights: true, Seed: s.Seed})
		if err != nil {
			return nil, err
		}
		return s.each(func(i int, m *heatmap.Map) float64 {
			trained := histogramEntropy(m.Evidence().Values)
			return (histogramEntropy(random[i].Evidence().Values) - trained) / trained
		})
	},
})

// histogramEntropy returns the entropy, in nats, of a histogram of 100 equal bins from the lowest to the highest value.
func histogramEntropy(values []float32) float64 {
	lo, hi, ok := (heatmap.Grid{Values: values}).Range()
	if !ok || lo == hi {
		return 0
	}
	var bins [100]float64
	for _, v := range values {
		bins[min(int(float64(v-lo)/float64(hi-lo)*100), 99)]++
	}
	return entropy(bins[:])
}
