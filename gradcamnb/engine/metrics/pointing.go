package metrics

import (
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Pointing tells whether the highest value of a map lies on the object, or at most
// tolerance pixels beside it; of several highest values the first counts. Over many
// pictures the share of hits is the pointing game. Map and mask are of the same size;
// see [heatmap.Map.OnPicture].
//
// Zhang et al. 2018, "Top-Down Neural Attention by Excitation Backprop", section 4.1,
// where the tolerance is 15 pixels.
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
