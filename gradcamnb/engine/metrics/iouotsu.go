package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// IoUAtOtsu is how well the map L, cut by Otsu's method, covers the object M: at the threshold t that divides the map's
// values best (see [heatmap.CutByOtsu]). High is good.
//
//	|L >= t  and  M| / |L >= t  or  M|
//
// Otsu 1979, "A Threshold Selection Method from Gray-Level Histograms", for the threshold; the overlap is that of
// [IoU].
var IoUAtOtsu = register(Metric{
	Name:    "IoU at Otsu",
	Also:    []string{"IoU by Otsu"},
	Group:   Localisation,
	Paper:   "Otsu 1979, doi:10.1109/TSMC.1979.4310076",
	Formula: "|L >= t and M| / |L >= t or M|, t by Otsu's method",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "a map that falls slowly has no two parts, and the cut lies anywhere",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.measureOnTruth(func(m, truth heatmap.Grid) float64 { return overlapAtCut(m, truth, heatmap.CutByOtsu()) })
	},
})

// overlapAtCut returns the IoU of an object and the positive part of a map that a cut leaves. It is NaN if the map
// cannot be cut. Pixels that the model does not see have the value 0, and count.
func overlapAtCut(m, truth heatmap.Grid, cut heatmap.Cut) float64 {
	t, err := cut.Threshold(m)
	if err != nil {
		return math.NaN()
	}
	return overlap(m, truth, max(t, math.SmallestNonzeroFloat32)) // where a map shows nothing, it covers nothing
}
