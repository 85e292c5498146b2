package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// AverageDrop is the share of the score Y that is lost when the picture is multiplied by its map L, scaled to [0, 1],
// which leaves only what the map calls important. Low is good. It is the term of one picture; the paper averages
// pictures:
//
//	max(0, Y - O) / Y,   O = S(L I)
//
// Chattopadhay et al. 2018, "Grad-CAM++", section 5.1.1, there in percent. It needs a
// score above zero, such as a probability.
var AverageDrop = register(Metric{
	Name:    "average drop",
	Group:   Faithfulness,
	Needs:   Passes,
	Cost:    "1 pass",
	Beware:  "a map that is high everywhere loses nothing",
	Paper:   "Chattopadhay et al. 2018, arXiv:1710.11063",
	Formula: "max(0, Y - O) / Y, Y = S(I), O = S(L I) with L scaled to [0, 1]",
	Better:  "lower",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.scoreUnderMap(ctx, func(whole, shown float64) float64 {
			if whole <= 0 {
				return math.NaN()
			}
			return max(0, whole-shown) / whole
		})
	},
})

// scoreUnderMap returns a number for each map: compare gets the score of the whole picture and that of the picture
// multiplied by the map.
func (s *Probe) scoreUnderMap(ctx context.Context, compare func(whole, shown float64) float64) ([]float64, error) {
	scores, err := s.score(ctx, s.Mean, 1+len(s.Maps), func(i int, mask []float32) {
		if i == 0 {
			fill(mask, true)
			return
		}
		copy(mask, scaleMinMax(s.Maps[i-1].Grid))
	})
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(s.Maps))
	for m, aim := range s.Aims {
		out[m] = compare(float64(scores[0][aim]), float64(scores[1+m][aim]))
		if !s.orders(m) {
			out[m] = math.NaN()
		}
	}
	return out, nil
}

// scaleMinMax returns a grid's values scaled so that the lowest is 0 and the highest 1. They are all 0 if the grid is
// constant.
func scaleMinMax(g heatmap.Grid) []float32 {
	lo, hi, _ := g.Range()
	out := make([]float32, len(g.Values))
	if lo < hi {
		for i, v := range g.Values {
			out[i] = (v - lo) / (hi - lo)
		}
	}
	return out
}
