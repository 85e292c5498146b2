package ask

import (
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Sampling says how the methods that hide parts of the picture go about it. The
// zero value of a field means what the method's paper does, so the zero Sampling
// is a good one.
type Sampling struct {
	// masks to draw; 4000 for RISE, 5000 for D-RISE. The command gradcam drise has other defaults: the design "balanced"
	// until the halves agree to 0.95, and at most 2000.
	Masks int     `json:"masks,omitempty"`
	Grid  int     `json:"grid,omitempty"` // cells along each side of the picture; 7 for RISE and occlusion, 16 for D-RISE
	P     float64 `json:"p,omitempty"`    // probability that a cell is seen, between 0 and 1, both excluded; 1/2
	Seed  uint64  `json:"seed,omitempty"` // of the masks: the same seed makes the same masks, on every backend
	// masks in one pass of the model; 16 of pictures up to 256 x 256, fewer of larger ones, as many as the file takes
	Batch int `json:"batch,omitempty"`

	// Design is how masks are drawn and averaged.
	//
	//   - "" draws every cell of every mask for itself and averages as in the papers;
	//   - "centred" draws the same masks and takes the mean score away before averaging,
	//     which needs less than half of the masks for the same error;
	//   - "balanced" draws blocks of masks in which every two cells are seen together
	//     equally often, and centres, too, which needs less than a quarter; P must be 1/2, and
	//     it does best in whole blocks, of 128 masks for a grid of 7 and 512 for one of 16.
	//     StdErr is an upper bound then.
	Design string `json:"design,omitempty"`

	// A run ends early at the first of these that holds; zero means never.
	// rank correlation of the maps of two halves of the masks, e.g. 0.95
	Agreement float64       `json:"agreement,omitempty"`
	Limit     time.Duration `json:"limit,omitempty"` // time since the first mask

	// Resume goes on where an earlier run of the same picture ended, one entry a
	// target: Sampled of its maps.
	Resume []*heatmap.SampledRun `json:"resume,omitempty"`
}
