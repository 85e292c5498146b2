package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Consistency is the share of the pictures with the same prediction among those of the batch whose maps say the same:
// that most of the map lies in the same ninth of the picture. High is good.
//
//	|{j in S(i): c_j = c_i}| / |S(i)|,   S(i) = {j != i: D(L_j) = D(L_i)}
//
// c is the likeliest class, and D the ninth, of three by three, with the largest sum of the map. Without another map
// there it is 0.
//
// Dasgupta et al. 2022, "Framework for Evaluating Faithfulness of Local Explanations", definition 1, in which D is
// free; the 0 as in Quantus 0.6.0.
var Consistency = register(Metric{
	Name:    "consistency",
	Group:   Robustness,
	Paper:   "Dasgupta et al. 2022, arXiv:2202.00734",
	Formula: "|{j in S(i): c_j = c_i}| / |S(i)|, S(i) = {j != i: D(L_j) = D(L_i)}, D the ninth with most of L",
	Better:  "higher",
	Needs:   Pictures,
	Cost:    "a batch of pictures, and no passes",
	Beware: "low if different things stand at the same place, as in pictures with one object in the middle; a study compares only pictures of one batch;" +
		" 0 may mean that no other map lies there",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.agreement(func(m, picture int) bool {
			mine := s.Batch.ninth(m, s.At)
			return mine >= 0 && mine == s.Batch.ninth(m, picture)
		})
	},
})

// ninth returns where map m of a picture lies; -1 if it has no such map.
func (b *Batch) ninth(m, picture int) int {
	if b.lies == nil {
		b.lies = map[int][]int{}
	}
	if b.lies[m] == nil {
		for _, maps := range b.Maps {
			at := -1
			if m < len(maps) {
				at = ninth(maps[m].Grid)
			}
			b.lies[m] = append(b.lies[m], at)
		}
	}
	return b.lies[m][picture]
}

// ninth returns which of three by three equal parts has the largest sum; of equal ones, the first. It returns -1 if the
// map has a value that is no number, or no part whose sum is above 0: such a map lies nowhere.
func ninth(g heatmap.Grid) int {
	var sums [9]float64
	for i, v := range g.Values {
		sums[i/g.W*3/g.H*3+i%g.W*3/g.W] += float64(v)
	}
	best := -1
	for i, v := range sums {
		switch {
		case math.IsNaN(v):
			return -1
		case v > 0 && (best < 0 || v > sums[best]):
			best = i
		}
	}
	return best
}
