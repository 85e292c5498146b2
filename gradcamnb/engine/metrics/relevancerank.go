package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// RelevanceRank is the share of the K highest values of the map L that lie on the object M, if the object has K pixels.
// High is good.
//
//	|top_K(L) and M| / K,   K = |M|
//
// Arras et al. 2022, "CLEVR-XAI: A benchmark dataset for the ground truth evaluation of
// neural network explanations", the relevance rank accuracy.
var RelevanceRank = register(Metric{
	Name:    "relevance rank",
	Also:    []string{"relevance rank accuracy"},
	Group:   Localisation,
	Paper:   "Arras et al. 2022, arXiv:2003.07258",
	Formula: "|top_K(L) and M| / K, K = |M|",
	Better:  "higher",
	Needs:   Truth,
	Beware:  "pixels of equal value are ordered by their place in the picture",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.measureOnTruth(func(m, truth heatmap.Grid) float64 { return hitsOfTop(m, truth, count(truth)) })
	},
})
