package render

import (
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// In a map of single pixels a few values lie far above all others, and on a scale that ends at the highest one the rest
// cannot be seen. Its colours end at a percentile instead, as in Smilkov et al. 2017, "SmoothGrad", section 3.2, which
// caps at the 99th.
const (
	clipShare = 0.99 // share of the pixels within the scale
	clipFrom  = 2    // colours end at the percentile if the highest value is more than this many times it
)

// isPerPixel tells whether a map has a value of its own for every pixel of the model's input.
func isPerPixel(m *heatmap.Map) bool {
	return m.Sampled == nil && m.Raw.W == m.W && m.Raw.H == m.H && m.W*m.H > 0
}

// findReach returns the value of the strongest colour if the map is drawn on its own scale: the highest value, or the
// largest magnitude of a signed map. If the map is one of single pixels, it may be the percentile of these; clipped is
// true then, and some pixels lie above.
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
	if len(sizes) == 0 || !isPerPixel(m) {
		return top, false
	}
	slices.Sort(sizes)
	high := sizes[max(0, int(math.Ceil(clipShare*float64(len(sizes))))-1)]
	if high > 0 && top > clipFrom*high {
		return high, true
	}
	return top, false
}

// isClipped tells whether the map is drawn on its own scale and some of its pixels lie above the end of the colours.
func (o *Options) isClipped(m *heatmap.Map) bool {
	if o != nil && o.Range != nil {
		return false
	}
	_, clipped := findReach(m, o.isSigned())
	return clipped
}
