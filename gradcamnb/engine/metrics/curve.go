package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/radix"
)

// area returns the area under the curve of the score while the picture changes in n equal steps, by the trapezoid rule
// over k/n, as in the code of Petsiuk et al.:
//
//	AUC = (S_0/2 + S_1 + ... + S_n-1 + S_n/2) / n
//
// S_k is the score of the picture when the first k/n of its pixels, by falling value of the map, are shown on the
// baseline (insertion) or hidden by it (deletion).
func area(scores []float32) float64 {
	n := len(scores) - 1
	sum := (float64(scores[0]) + float64(scores[n])) / 2
	for _, v := range scores[1:n] {
		sum += float64(v)
	}
	return sum / float64(n)
}

// areasOf returns the areas of all maps over a baseline. The two ends of a curve are the same for every map, so they
// are scored once. It keeps the areas and curves under a name.
func (s *Probe) areasOf(ctx context.Context, name string, over Model, insert bool) ([]float64, error) {
	if got, ok := s.areas[name]; ok {
		return got, nil
	}
	between := s.Steps - 1
	var ranks []int32
	of := -1
	scores, err := s.score(ctx, over, 2+between*len(s.Maps), func(i int, mask []float32) {
		shown := i == 1 // the first mask hides everything, the second nothing
		if i < 2 {
			fill(mask, shown)
			return
		}
		if m := (i - 2) / between; m != of {
			of, ranks = m, ranking(s.Maps[m])
		}
		limit := int32(((i-2)%between + 1) * len(mask) / s.Steps)
		for p, rank := range ranks {
			mask[p] = 0
			if (rank < limit) == insert {
				mask[p] = 1
			}
		}
	})
	if err != nil {
		return nil, err
	}
	out, curves := make([]float64, len(s.Maps)), make([][]float32, len(s.Maps))
	for m, aim := range s.Aims {
		curve := make([]float32, s.Steps+1)
		curve[0], curve[s.Steps] = scores[0][aim], scores[1][aim]
		if !insert {
			curve[0], curve[s.Steps] = curve[s.Steps], curve[0]
		}
		for k := range between {
			curve[k+1] = scores[2+m*between+k][aim]
		}
		if !s.orders(m) {
			out[m] = math.NaN()
			continue
		}
		out[m], curves[m] = area(curve), curve
	}
	if s.curves == nil {
		s.areas, s.curves = map[string][]float64{}, map[string][][]float32{}
	}
	s.areas[name], s.curves[name] = out, curves
	return out, nil
}

func fill(mask []float32, shown bool) {
	v := float32(0)
	if shown {
		v = 1
	}
	for p := range mask {
		mask[p] = v
	}
}

// ranking returns the place of every pixel by falling value of the map. If values are equal, as zeros beside the
// positive part are, the signed map decides, and then the place in the picture.
func ranking(m *heatmap.Map) []int32 {
	return ranksOf(radix.Order(byFalling(m.Signed().Values), m.Values, radix.FallingKey))
}

// ranksOf returns the place of every pixel in an order.
func ranksOf(order []int32) []int32 {
	ranks := make([]int32, len(order))
	for rank, p := range order {
		ranks[p] = int32(rank)
	}
	return ranks
}

// orders tells whether a map puts pixels in an order: it has no NaN and more than one value.
func orders(m *heatmap.Map) bool {
	for _, v := range m.Values {
		if math.IsNaN(float64(v)) {
			return false
		}
	}
	lo, hi, ok := m.Signed().Range()
	return ok && lo < hi
}
