package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Energy returns the share of the positive part L of the map that lies on the object M:
//
//	SUM_(i,j) in M L_ij / SUM_ij L_ij
//
// It is NaN if the map has no positive value. Map and mask must have the same size; see [heatmap.Grid.OnPicture].
//
// Wang et al. 2020, "Score-CAM: Score-Weighted Visual Explanations for Convolutional
// Neural Networks", section 4.3, the energy-based pointing game; there M is a box.
func Energy(m, mask heatmap.Grid) float64 {
	var in, all float64
	for i, v := range m.Values {
		if v > 0 {
			all += float64(v)
			if mask.Values[i] > 0 {
				in += float64(v)
			}
		}
	}
	if all == 0 || math.IsInf(all, 0) {
		return math.NaN()
	}
	return in / all
}

// EnergyInside is the [Energy] of a map on its object. High is good.
var EnergyInside = register(Metric{
	Name:    "energy",
	Also:    []string{"relevance mass", "relevance mass accuracy"},
	Group:   Localisation,
	Paper:   "Wang et al. 2020, arXiv:1910.01279; Arras et al. 2022, arXiv:2003.07258",
	Formula: "SUM_M L / SUM L",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "it grows with the object: compare maps of one picture only",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) { return s.measureOnTruth(Energy) },
})
