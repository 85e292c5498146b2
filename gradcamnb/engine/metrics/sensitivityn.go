package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/internal/correlation"
)

// SensitivityN is the correlation of [FaithfulnessCorrelation] averaged over six sizes of sets, from one pixel of a
// hundred to four of five. High is good.
//
//	mean_n corr_(|S| = n)( SUM_(i in S) a_i,  f(x) - f(x without S) )
//
// Ancona et al. 2018, "Towards better understanding of gradient-based attribution methods for
// deep neural networks", which draws the curve over n; this is its mean. Quantus 0.6.0 hides the
// highest pixels instead of random sets and correlates over pictures: another definition.
var SensitivityN = register(Metric{
	Name:    "sensitivity-n",
	Group:   Faithfulness,
	Paper:   "Ancona et al. 2018, arXiv:1711.06104",
	Formula: "mean over n of corr_(|S| = n)(SUM_(i in S) a_i, f(x) - f(x without S))",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "192 passes, for all maps together",
	Beware:  "scattered holes are unlike what the model was trained on",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		const drawsPerSize = 32
		height, width := s.Mean.Size()
		pixels := height * width
		shares := []float64{0.01, 0.05, 0.1, 0.2, 0.4, 0.8}
		var sets []set
		for k, share := range shares {
			sets = append(sets, randomSets(s.Seed+uint64(k), drawsPerSize, max(1, int(share*float64(pixels))), pixels)...)
		}
		lost, err := s.drops(ctx, s.Mean, sets)
		if err != nil {
			return nil, err
		}
		out := make([]float64, len(s.Maps))
		for m, aim := range s.Aims {
			x, y := sums(s.Maps[m], sets), column(lost, aim)
			defined := 0
			for k := range shares {
				from, to := k*drawsPerSize, (k+1)*drawsPerSize
				if c := correlation.Pearson(x[from:to], y[from:to]); !math.IsNaN(c) {
					out[m] += c
					defined++
				}
			}
			out[m] /= float64(defined) // NaN if no size has a correlation
		}
		return out, nil
	},
})
