package render

import (
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// A map of single pixels is steep: a few of them lie far above all others, and on a scale that ends at the highest one
// the rest cannot be seen. Its colours end at a percentile instead (as in Smilkov et al. 2017, "SmoothGrad", section
// 3.2, which caps at the 99th).
const (
	clipShare = 0.99 // of the pixels lie within the scale
	clipFrom  = 2    // if the highest value is more than so many times the percentile
)

// ofPixels tells whether a map has a value of its own for every pixel of the model's input.
func ofPixels(m *heatmap.Map) bool {
	return m.Sampled == nil && m.Raw.W == m.W && m.Raw.H == m.H && m.W*m.H > 0
}

// findReach is the value that the strongest colour stands for if the map is drawn on its own scale: the highest value,
// of a signed map the largest magnitude, and of a map of single pixels the percentile of these. clipped tells that it
// is the percentile and some pixels lie above.
func findReach(m *heatmap.Map, signed bool) (top float32, clipped bool) {
	field := m.Grid
	if signed {
		field = m.Signed()
	}
	sizes := make([]float32, 0, len(field.Values))
	for _, v := range field.Values {
		if signed {
			v = max(v, -v)
		}
		if !math.IsNaN(float64(v)) {
			sizes = append(sizes, v)
			top = max(top, v)
		}
	}
	if len(sizes) == 0 || !ofPixels(m) {
		return top, false
	}
	slices.Sort(sizes)
	high := sizes[max(0, int(math.Ceil(clipShare*float64(len(sizes))))-1)]
	if high > 0 && top > clipFrom*high {
		return high, true
	}
	return top, false
}

// clipped tells whether some of the map lies above the colours' end, on its own scale.
func (o *Options) clipped(m *heatmap.Map) bool {
	if o != nil && o.Range != nil {
		return false
	}
	_, clipped := findReach(m, o.signed())
	return clipped
}
