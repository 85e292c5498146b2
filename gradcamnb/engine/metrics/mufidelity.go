package metrics

import (
	"context"
	"math/rand/v2"

	"github.com/gradcam-go/gradcam/internal/correlation"
)

// MuFidelity is the rank correlation, over random sets S of cells of a 9 x 9 grid, of the sum of the map a in S with
// the loss of the score f when S is hidden. A set has a fifth of the cells. High is good.
//
//	spearman_S( SUM_(i in S) a_i,  f(x) - f(x without S) )
//
// Bhatt et al. 2020, "Evaluating and Aggregating Feature-based Model Explanations", in the
// form of xplique 2.0, which hides cells and ranks. There are 200 sets, its default.
var MuFidelity = register(Metric{
	Name:    "mu-fidelity",
	Group:   Faithfulness,
	Paper:   "Bhatt et al. 2020, arXiv:2005.00631",
	Formula: "spearman_S(SUM_(i in S) a_i, f(x) - f(x without S)), S of cells of a grid",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "200 passes, for all maps together",
	Beware:  "cells are coarse: it cannot tell maps that differ within a cell",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		const n, share, draws = 9, 0.2, 200
		height, width := s.Mean.Size()
		draw := rand.New(rand.NewPCG(s.Seed, 1))
		cells := min(n, height, width)
		sets := make([]set, draws)
		for i := range sets {
			hidden := make([]bool, cells*cells)
			for _, c := range draw.Perm(len(hidden))[:max(1, int(share*float64(len(hidden))))] {
				hidden[c] = true
			}
			for p := range height * width {
				if hidden[p/width*cells/height*cells+p%width*cells/width] {
					sets[i] = append(sets[i], int32(p))
				}
			}
		}
		return s.correlate(ctx, sets, correlation.Spearman[float64])
	},
})
