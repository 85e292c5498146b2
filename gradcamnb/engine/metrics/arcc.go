package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// arccShares are the shares of the pixels that are removed for the ROAD in ARCC, in per cent.
var arccShares = []int{20, 40, 60, 80}

// ARCC is [ADCC] with [ROAD] instead of the average drop: the harmonic mean of the map's coherency, of one less its
// complexity and of twice its ROAD, which counts from 0 to 1. High is good.
//
//	3 / ( 1/coherency + 1/(1 - complexity) + 1/min(max(2 ROAD, 0), 1) )
//
// The definition, and the shares of ROAD, 20, 40, 60 and 80 %, are those of pytorch-grad-cam 1.5.7, which names
// arXiv:2605.14641.
var ARCC = register(Metric{
	Name:    "ARCC",
	Group:   Faithfulness,
	Paper:   "pytorch-grad-cam 1.5.7, arXiv:2605.14641",
	Formula: "3 / (1/coherency + 1/(1 - complexity) + 1/min(max(2 ROAD, 0), 1))",
	Better:  "higher",
	Needs:   Maps,
	Cost:    "1 explanation for each map, 8 passes",
	Beware:  "three measures in one number, and 0 if ROAD is below 0: look at the one that is low",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) { return s.measureARCC(ctx, roadNoise) },
})

// measureARCC returns the ARCC of every map, with noise of a standard deviation in ROAD.
func (s *Probe) measureARCC(ctx context.Context, noise float64) ([]float64, error) {
	if s.Again == nil {
		return nil, errNotAgain
	}
	coherent, err := s.coherency(ctx)
	if err != nil {
		return nil, err
	}
	road, err := s.combineROAD(ctx, arccShares, noise)
	if err != nil {
		return nil, err
	}
	return s.each(func(i int, m *heatmap.Map) float64 {
		return adcc(coherent[i], mean(scaleMinMax(m.Grid)), 1-min(max(2*road[i], 0), 1))
	})
}
