package metrics

import (
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Focus returns the share of the positive part L of a map that lies on the quarters of a mosaic of four pictures that
// show the explained class. High is good; chance is the share of such quarters. shows tells for the upper left, upper
// right, lower left and lower right quarter whether it shows the class. Focus is NaN if the map has no positive value.
//
//	SUM_(quarters of the class) max(L, 0) / SUM max(L, 0)
//
// Arias-Duart et al. 2022, "Focus! Rating XAI Methods and Finding Biases", arXiv:2109.15035.
// It is no metric of one picture, so no sheet can ask for it. Explain a mosaic and call Focus on its map.
func Focus(m heatmap.Grid, shows [4]bool) float64 {
	var on, all float64
	for i, v := range m.Values {
		if v <= 0 || math.IsNaN(float64(v)) {
			continue
		}
		quarter := 0
		if i%m.W >= m.W/2 {
			quarter = 1
		}
		if i/m.W >= m.H/2 {
			quarter += 2
		}
		all += float64(v)
		if shows[quarter] {
			on += float64(v)
		}
	}
	return on / all
}
