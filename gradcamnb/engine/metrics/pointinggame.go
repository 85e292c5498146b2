package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// PointingGame is 1 if the highest value of the map lies on the object, and 0 otherwise; see [Pointing]. High is good.
// It is the term of one picture; the paper averages pictures.
//
// Zhang et al. 2018, "Top-Down Neural Attention by Excitation Backprop", section 4.1. The paper has a tolerance of 15
// pixels; there is none here, as in Quantus.
var PointingGame = register(Metric{
	Name:    "pointing game",
	Also:    []string{"pointing"},
	Group:   Localisation,
	Paper:   "Zhang et al. 2018, doi:10.1007/s11263-017-1059-x",
	Formula: "1 if argmax L lies in M, else 0",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "an object that fills the picture is hit by any map",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.measureOnTruth(func(m, truth heatmap.Grid) float64 {
			if Pointing(m, truth, 0) {
				return 1
			}
			return 0
		})
	},
})
