package gradcamnb

import (
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Sampling says how the methods that hide parts of the picture go about it. The
// zero value of a field means what the method's paper does, so the zero Sampling
// is a good one.
type Sampling struct {
	Masks int     // masks to draw; 4000 for RISE, 5000 for D-RISE
	Grid  int     // cells along each side of the picture; 7 for RISE and occlusion, 16 for D-RISE
	P     float64 // probability that a cell is seen, between 0 and 1, both excluded; 1/2
	Seed  uint64  // of the masks: the same seed makes the same masks, on every backend
	Batch int     // masks in one pass of the model; 16

	// A run ends early at the first of these that holds; zero means never.
	Agreement float64       // rank correlation of the maps of two halves of the masks, e.g. 0.95
	Limit     time.Duration // time since the first mask

	// Resume goes on where an earlier run of the same picture ended, one entry a
	// target: Sampled of its maps.
	Resume []*heatmap.Sampled
}

// Sampled picks how the methods that hide parts of the picture go about it.
func Sampled(s Sampling) Choice {
	return choice(func(r *Request) { r.Sampling = s })
}
