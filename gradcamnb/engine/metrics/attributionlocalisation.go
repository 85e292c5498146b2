package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// AttributionLocalisation is the share of the map L that lies on the object M, times the
// share of the picture that the object leaves free. High is good.
//
//	(SUM_M L / SUM L) (1 - |M| / n)
//
// The first factor is mu of Kohlbrenner et al. 2020, "Towards Best Practice in Explaining
// Neural Network Decisions with LRP"; Quantus' weighted form multiplies it with the share of
// the object instead, which prefers large objects.
var AttributionLocalisation = register(Metric{
	Name:    "attribution localisation",
	Group:   Localisation,
	Paper:   "Kohlbrenner et al. 2020, arXiv:1910.09840",
	Formula: "(SUM_M L / SUM L) (1 - |M| / n)",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "an object that fills the picture scores 0",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.measureOnTruth(func(m, truth heatmap.Grid) float64 {
			n := count(truth)
			if n == 0 {
				return math.NaN()
			}
			return Energy(m, truth) * (1 - float64(n)/float64(len(truth.Values)))
		})
	},
})
