package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// IoU returns how well the map, cut at a share t of its highest value, covers the object M:
//
//	|L >= t max L  and  M| / |L >= t max L  or  M|
//
// It is NaN if the map has no positive value. Map and mask must have the same size; see [heatmap.Grid.OnPicture]. For
// other cuts see [IoUAtOtsu] and [IoUAtQuantile].
//
// Zhou et al. 2016, "Learning Deep Features for Discriminative Localization", section
// 3.2, cuts at t = 0.2 and compares boxes.
func IoU(m, mask heatmap.Grid, t float64) float64 {
	_, hi, ok := m.Range()
	if !ok || hi <= 0 {
		return math.NaN()
	}
	return overlap(m, mask, t*float64(hi))
}

// overlap returns the IoU of an object and the part of a map that is at least a threshold.
func overlap(m, mask heatmap.Grid, threshold float64) float64 {
	both, either := 0, 0
	for i, v := range m.Values {
		in, on := float64(v) >= threshold, mask.Values[i] > 0
		if in && on {
			both++
		}
		if in || on {
			either++
		}
	}
	return float64(both) / float64(either)
}

// IoUAtFifth is the [IoU] of a map, cut at a fifth of its highest value, and its object. High is good.
var IoUAtFifth = register(Metric{
	Name:    "IoU",
	Group:   Localisation,
	Paper:   "Zhou et al. 2016, arXiv:1512.04150",
	Formula: "|L >= max L / 5 and M| / |L >= max L / 5 or M|",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "much depends on the cut: a sharp map of the right place may score low",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.measureOnTruth(func(m, truth heatmap.Grid) float64 { return IoU(m, truth, 0.2) })
	},
})
