package metrics

import (
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Pointing tells whether the highest value of a map lies on the object, or at most tolerance pixels from it. If several
// values are highest, the first one counts. The share of hits over many pictures is the pointing game. Map and mask
// must have the same size; see [heatmap.Grid.OnPicture].
//
// Zhang et al. 2018, "Top-Down Neural Attention by Excitation Backprop", section 4.1, with a tolerance of 15 pixels.
func Pointing(m, mask heatmap.Grid, tolerance int) bool {
	best, found := 0, false
	for i, v := range m.Values {
		if !math.IsNaN(float64(v)) && (!found || v > m.Values[best]) {
			best, found = i, true
		}
	}
	if !found {
		return false
	}
	bx, by := best%m.W, best/m.W
	for y := max(0, by-tolerance); y <= min(m.H-1, by+tolerance); y++ {
		for x := max(0, bx-tolerance); x <= min(m.W-1, bx+tolerance); x++ {
			if (x-bx)*(x-bx)+(y-by)*(y-by) <= tolerance*tolerance && mask.At(x, y) > 0 {
				return true
			}
		}
	}
	return false
}
