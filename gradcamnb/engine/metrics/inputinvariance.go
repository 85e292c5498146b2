package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// inputShift is the number that is added to every value of the picture, as in Quantus 0.6.0.
const inputShift = -1

// InputInvariance is how far the map E moves when a constant c is added to the picture and the model subtracts it
// again: the map's largest change, as a share of its largest value. The model computes the same, so the map should stay
// the same. Low is good; the law asks for 0.
//
//	max |E'(x + c) - E(x)| / max |E(x)|,   f'(x) = f(x - c), c = -1
//
// Kindermans et al. 2017, "The (Un)reliability of saliency methods". Quantus 0.6.0 returns 1 if no value moves by more
// than 1e-4, and 0 otherwise. It subtracts c in the bias of the first layer, which does not reach the padding of the
// picture.
var InputInvariance = register(Metric{
	Name:    "input invariance",
	Group:   Axiom,
	Paper:   "Kindermans et al. 2017, arXiv:1711.00867",
	Formula: "max |E'(x + c) - E(x)| / max |E(x)|, f'(x) = f(x - c), c = -1",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "1 explanation by a changed model",
	Beware:  "methods that multiply with the picture cannot keep this law, and need not be wrong",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		if s.Again == nil {
			return nil, errNotAgain
		}
		shifted, _, err := s.Again(ctx, Change{Shift: inputShift})
		if err != nil {
			return nil, err
		}
		return s.each(func(i int, m *heatmap.Map) float64 {
			var moved, largest float64
			for k, v := range m.Evidence().Values {
				moved = max(moved, math.Abs(float64(shifted[i].Evidence().Values[k])-float64(v)))
				largest = max(largest, math.Abs(float64(v)))
			}
			return moved / largest
		})
	},
})
