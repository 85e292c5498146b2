package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// TopKIntersection is the share of the 1,000 highest values of the map L that lie on the
// object M. High is good.
//
//	|top_1000(L) and M| / 1000
//
// Theiner et al. 2022, "Interpretable Semantic Photo Geolocation", which takes superpixels. Quantus 0.6.0 takes 1,000
// pixels, and so does this metric; it takes all pixels of a smaller picture.
var TopKIntersection = register(Metric{
	Name:    "top-k intersection",
	Group:   Localisation,
	Paper:   "Theiner et al. 2022, arXiv:2104.14995",
	Formula: "|top_1000(L) and M| / 1000",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "an object of less than 1,000 pixels cannot reach 1",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.measureOnTruth(func(m, truth heatmap.Grid) float64 { return hitsOfTop(m, truth, min(1000, len(m.Values))) })
	},
})

// hitsOfTop returns the share of the k highest values that lie on the object. It is NaN if k is 0. If values are equal,
// the first in the picture counts as higher.
func hitsOfTop(m, truth heatmap.Grid, k int) float64 {
	if k == 0 {
		return math.NaN()
	}
	hits := 0
	for _, i := range byFalling(m.Values)[:k] {
		if truth.Values[i] > 0 {
			hits++
		}
	}
	return float64(hits) / float64(k)
}

// count returns the number of pixels of an object.
func count(truth heatmap.Grid) int {
	n := 0
	for _, v := range truth.Values {
		if v > 0 {
			n++
		}
	}
	return n
}
