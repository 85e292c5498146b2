package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// highTenth is the quantile that leaves the highest tenth of a map's values.
const highTenth = 0.9

// IoUAtQuantile is how well the highest tenth of the map L covers the object M. It is cut at t, the 0.9-quantile of its
// values (see [heatmap.CutAtQuantile]). High is good.
//
//	|L >= t  and  M| / |L >= t  or  M|,   t = Q_0.9(L)
//
// If t is 0 or less, as of a map that is positive on less than a tenth of the picture, its positive part counts: L > 0.
//
// The overlap is that of Zhou et al. 2016, "Learning Deep Features for Discriminative Localization", section 3.2, who
// cut at a share of the highest value; see [IoU].
var IoUAtQuantile = register(Metric{
	Name:    "IoU at quantile",
	Also:    []string{"IoU of the highest tenth"},
	Group:   Localisation,
	Paper:   "Zhou et al. 2016, arXiv:1512.04150",
	Formula: "|L >= t and M| / |L >= t or M|, t the 0.9-quantile of L",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "an object much larger or smaller than a tenth of the picture cannot reach 1",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.measureOnTruth(func(m, truth heatmap.Grid) float64 {
			return overlapAtCut(m, truth, heatmap.CutAtQuantile(highTenth))
		})
	},
})
