package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/correlation"
)

// ADCC is the harmonic mean of the map's coherency, of one less its complexity and of one less
// its average drop. High is good.
//
//	3 / ( 1/coherency + 1/(1 - complexity) + 1/(1 - drop) )
//	coherency  = (1 + corr( L(x), L(x L) )) / 2, the map and that of the picture under it
//	complexity = mean L, with L scaled to [0, 1]
//	drop       = max(0, Y - O) / Y
//
// Poppi et al. 2021, "Revisiting The Evaluation of Class Activation Mapping for Explainability: A
// Novel Metric and Experimental Analysis".
var ADCC = register(Metric{
	Name:    "ADCC",
	Group:   Faithfulness,
	Paper:   "Poppi et al. 2021, arXiv:2104.10252",
	Formula: "3 / (1/coherency + 1/(1 - complexity) + 1/(1 - average drop))",
	Better:  "higher",
	Needs:   Maps,
	Cost:    "1 explanation for each map, 1 pass",
	Beware:  "three measures in one number: look at the one that is low",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		if s.Again == nil {
			return nil, errNotAgain
		}
		drop, err := AverageDrop.Measure(ctx, s)
		if err != nil {
			return nil, err
		}
		coherent, err := s.coherency(ctx)
		if err != nil {
			return nil, err
		}
		return s.each(func(i int, m *heatmap.Map) float64 { return adcc(coherent[i], mean(scaleMinMax(m.Grid)), drop[i]) })
	},
})

// coherency returns, for every map, (1 + corr( L(x), L(x L) )) / 2: how alike it is to that of the picture under it.
func (s *Probe) coherency(ctx context.Context) ([]float64, error) {
	coherent := make([]float64, len(s.Maps))
	for i, m := range s.Maps {
		share := scaleMinMax(m.Grid)
		under, _, err := s.Again(ctx, Change{Picture: func(values []float32) { s.multiply(values, share) }})
		if err != nil {
			return nil, err
		}
		coherent[i] = (1 + correlation.Pearson(m.Values, under[i].Values)) / 2
	}
	return coherent, nil
}

// adcc returns the ADCC of a map from its three parts. It is 0 if one of them is at its worst.
func adcc(coherency, complexity, drop float64) float64 {
	if math.IsNaN(drop) || math.IsNaN(coherency) {
		return math.NaN()
	}
	if coherency <= 0 || complexity >= 1 || drop >= 1 {
		return 0
	}
	return 3 / (1/coherency + 1/(1-complexity) + 1/(1-drop))
}

func mean(values []float32) float64 {
	var sum float64
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(len(values))
}

// multiply multiplies every channel of a picture by a map of its size.
func (s *Probe) multiply(picture, share []float32) {
	channels := len(picture) / len(share)
	for i := range picture {
		p := i % len(share)
		if s.channelsLast() {
			p = i / channels
		}
		picture[i] *= share[p]
	}
}
