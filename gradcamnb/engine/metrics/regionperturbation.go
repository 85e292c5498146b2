package metrics

import (
	"cmp"
	"context"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// maxRegions is the most regions that are hidden. It is the default of Quantus 0.6.0.
const maxRegions = 100

// RegionPerturbation is the mean loss of the score f while regions of 8 x 8 pixels are hidden one after the other,
// beginning with the largest sum of the map. It is the area over the perturbation curve, AOPC. High is good.
//
//	AOPC = 1/(L+1) SUM_(k=0..L) ( f(x) - f(x without the first k regions) ),   L = at most 100
//
// Samek et al. 2017, "Evaluating the visualization of what a deep neural network has learned".
var RegionPerturbation = register(Metric{
	Name:    "region perturbation",
	Also:    []string{"AOPC"},
	Group:   Faithfulness,
	Paper:   "Samek et al. 2017, arXiv:1509.06321",
	Formula: "1/(L+1) SUM_(k=0..L) (f(x) - f(x without the first k regions of 8 x 8))",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "up to 100 passes",
	Beware:  "hidden squares have edges that the model may see something in",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		paths, err := s.path(ctx, s.Mean, func(m int) []set {
			regions := s.regions(m)
			return regions[:min(len(regions), maxRegions)]
		}, false)
		return s.measurePaths(paths, err, func(path []float64) float64 {
			var sum float64
			for _, f := range path {
				sum += path[0] - f
			}
			return sum / float64(len(path))
		})
	},
})

// regions returns the squares of 8 x 8 pixels of the input, by falling sum of map m. Squares at the right and lower
// edge may be smaller.
func (s *Probe) regions(m int) []set {
	const side = 8
	height, width := s.Mean.Size()
	var out []set
	for y := 0; y < height; y += side {
		for x := 0; x < width; x += side {
			var one set
			for v := y; v < min(y+side, height); v++ {
				for u := x; u < min(x+side, width); u++ {
					one = append(one, int32(v*width+u))
				}
			}
			out = append(out, one)
		}
	}
	return sortBySum(s.Maps[m], out)
}

// sortBySum returns sets by falling sum of a map. Sets of equal sum keep their order.
func sortBySum(m *heatmap.Map, sets []set) []set {
	weight := sums(m, sets)
	order := make([]int, len(sets))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight[b], weight[a]) })
	out := make([]set, len(sets))
	for k, i := range order {
		out[k] = sets[i]
	}
	return out
}
