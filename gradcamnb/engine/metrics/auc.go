package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// AUC is the area under the receiver operating characteristic of the map L as a detector of the object's pixels M. That
// is the chance that a pixel of the object has a higher value than a pixel outside the object; ties count half. High is
// good; 0.5 is chance.
//
//	P(L_i > L_j) + P(L_i = L_j) / 2,   i in M, j not in M
//
// Fawcett 2006, "An introduction to ROC analysis".
var AUC = register(Metric{
	Name:    "AUC",
	Group:   Localisation,
	Paper:   "Fawcett 2006, doi:10.1016/j.patrec.2005.10.010",
	Formula: "P(L_i > L_j) + P(L_i = L_j) / 2, i in M, j not in M",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "a map that is zero over most of the picture is mostly ties",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) { return s.measureOnTruth(areaUnderROC) },
})

// areaUnderROC returns the Mann-Whitney statistic, computed from ranks, of which equal values share the mean. It is NaN
// if all pixels, or none, belong to the object.
func areaUnderROC(m, truth heatmap.Grid) float64 {
	inside := count(truth)
	outside := len(truth.Values) - inside
	if inside == 0 || outside == 0 {
		return math.NaN()
	}
	order := byRising(m.Values)
	var sum float64 // of the ranks of the object's pixels
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && m.Values[order[to]] == m.Values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			if truth.Values[i] > 0 {
				sum += float64(from+to+1) / 2
			}
		}
		from = to
	}
	n := float64(inside)
	return (sum - n*(n+1)/2) / (n * float64(outside))
}
