package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/internal/correlation"
)

// FaithfulnessCorrelation is the correlation, over random sets S of pixels, of the sum of the map a in S with the loss
// of the score f when S is hidden. High is good.
//
//	corr_S( SUM_(i in S) a_i,  f(x) - f(x without S) )
//
// Bhatt et al. 2020, "Evaluating and Aggregating Feature-based Model Explanations". There are
// 100 sets of as many pixels as the input is wide, 224 of 224 x 224, as in Quantus 0.6.0, or of
// a quarter of the pixels of a smaller input. Quantus hides single values of single channels;
// this hides pixels.
var FaithfulnessCorrelation = register(Metric{
	Name:    "faithfulness correlation",
	Group:   Faithfulness,
	Paper:   "Bhatt et al. 2020, arXiv:2005.00631",
	Formula: "corr_S(SUM_(i in S) a_i, f(x) - f(x without S))",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "100 passes, for all maps together",
	Beware:  "few scattered pixels hardly change the score of a deep net, so it is noisy: average pictures",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.correlate(ctx, s.drawScattered(), correlation.Pearson[float64])
	},
})

// correlate returns a number for each map: compare gets the map's sums over sets of pixels, and the losses of its score
// when these are hidden.
func (s *Probe) correlate(ctx context.Context, sets []set, compare func(x, y []float64) float64) ([]float64, error) {
	lost, err := s.drops(ctx, s.Mean, sets)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(s.Maps))
	for m, aim := range s.Aims {
		out[m] = compare(sums(s.Maps[m], sets), column(lost, aim))
	}
	return out, nil
}
