package metrics

import (
	"context"
	"math"
)

// Infidelity is the mean squared difference, over random sets S of pixels, of the sum of the map a in S and the loss of
// the score f when S is hidden. The map is scaled by the factor b that fits best. Low is good.
//
//	E_S[ (b SUM_(i in S) a_i - (f(x) - f(x without S)))^2 ]
//	b = E_S[ SUM_S a (f(x) - f(x without S)) ] / E_S[ (SUM_S a)^2 ]
//
// Yeh et al. 2019, "On the (In)fidelity and Sensitivity of Explanations", section 2, with the
// scaling of captum 0.9.0 (normalize=True) and sets as its multiply_by_inputs has them. The
// sets are those of [FaithfulnessCorrelation].
var Infidelity = register(Metric{
	Name:    "infidelity",
	Group:   Faithfulness,
	Paper:   "Yeh et al. 2019, arXiv:1901.09392",
	Formula: "E_S[(b SUM_(i in S) a_i - (f(x) - f(x without S)))^2], b fitted",
	Better:  "lower",
	Needs:   Passes,
	Cost:    "100 passes, for all maps together",
	Beware:  "it is in squared units of the score: compare maps of one picture and target only",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.correlate(ctx, s.drawScattered(), infidelity)
	},
})

// infidelity returns the infidelity of a map's sums, said, to the score's losses. It is NaN if all sums are 0.
func infidelity(said, lost []float64) float64 {
	var sl, ss float64
	for i := range said {
		sl, ss = sl+said[i]*lost[i], ss+said[i]*said[i]
	}
	if ss == 0 {
		return math.NaN()
	}
	b := sl / ss
	var sum float64
	for i := range said {
		d := b*said[i] - lost[i]
		sum += d * d
	}
	return sum / float64(len(said))
}
