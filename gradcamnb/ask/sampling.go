package ask

import (
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Sampling says how the methods that hide parts of the picture draw their masks. The zero value of a field means what
// the method's paper does, so the zero Sampling is a good one.
type Sampling struct {
	// masks to draw; 4000 for RISE, 5000 for D-RISE. The command gradcam drise has other defaults: the design "balanced"
	// until the halves agree to 0.95, and at most 2000.
	Masks int     `json:"masks,omitempty"`
	Grid  int     `json:"grid,omitempty"` // cells along each side of the picture; 7 for RISE and occlusion, 16 for D-RISE
	P     float64 `json:"p,omitempty"`    // probability that a cell is seen, between 0 and 1, both excluded; 1/2
	Seed  uint64  `json:"seed,omitempty"` // of the masks: the same seed makes the same masks, on every backend
	// masks in one pass of the model; 16 of pictures up to 256 x 256, fewer of larger ones, as many as the file takes
	Batch int `json:"batch,omitempty"`

	// Design is how masks are drawn and averaged (package design).
	//
	//   - "" draws every cell of every mask independently and averages as in the papers.
	//   - "centred" draws the same masks and subtracts the mean score before averaging. It needs less than half of the
	//     masks for the same error.
	//   - "balanced" draws blocks of masks in which every two cells are seen together equally often, and centres, too.
	//     It needs less than a quarter of the masks. P must be 1/2. It does best in whole blocks: 128 masks for a grid
	//     of 7, 512 for one of 16. StdErr is an upper bound then.
	Design string `json:"design,omitempty"`

	// A run ends early as soon as Agreement or Limit is reached; zero means never. Agreement is the rank correlation of
	// the maps of two halves of the masks, e.g. 0.95.
	Agreement float64       `json:"agreement,omitempty"`
	Limit     time.Duration `json:"limit,omitempty"` // time since the first mask

	// Resume continues an earlier run of the same picture. It has one entry for each target: the field Sampled of the
	// target's map.
	Resume []*heatmap.SampledRun `json:"resume,omitempty"`
}
