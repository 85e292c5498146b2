package metrics

import (
	"errors"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Batch is the pictures that were explained together. A metric may compare a picture with the others. In a
// study they are the pictures of one batch, and not all pictures.
type Batch struct {
	Maps   [][]*heatmap.Map // of each picture
	Scores [][]float32      // of each picture, as [Probe] has them

	near map[int][][]bool // by map: whether those of two pictures are near each other
	lies map[int][]int    // by map: the ninth of every picture's; see [Consistency]

	of   scatter // what sets holds
	sets []set   // the random sets that were drawn last
}

var errAlone = errors.New("this metric compares the maps of several pictures: explain them together")

// agreement returns a share for every map: of the other pictures whose maps are alike, those with the same prediction.
// It is 0 if no map is alike, and NaN for a picture alone and for scores that are no list of classes.
func (s *Probe) agreement(alike func(m, picture int) bool) ([]float64, error) {
	if s.Batch == nil {
		return nil, errAlone
	}
	own := likeliest(s.Batch.Scores[s.At])
	return s.each(func(m int, _ *heatmap.Map) float64 {
		if own < 0 || len(s.Batch.Scores) < 2 {
			return math.NaN()
		}
		var same, all float64
		for i, scores := range s.Batch.Scores {
			if i == s.At || m >= len(s.Batch.Maps[i]) || !alike(m, i) {
				continue
			}
			all++
			if likeliest(scores) == own {
				same++
			}
		}
		return same / max(1, all)
	})
}

// likeliest returns the place of the highest score; -1 if there is none.
func likeliest(scores []float32) int {
	best := -1
	for i, v := range scores {
		if best < 0 || v > scores[best] {
			best = i
		}
	}
	return best
}

// isNear tells whether map m of two pictures are near each other; see [Sufficiency].
func (b *Batch) isNear(m, i, j int) bool {
	if b.near == nil {
		b.near = map[int][][]bool{}
	}
	if b.near[m] == nil {
		b.near[m] = near(b.numbers(m))
	}
	return b.near[m][i][j]
}

// numbers returns the magnitudes of map m of every picture. They are nil for a picture that has no such map, or whose
// map holds values that are no numbers.
func (b *Batch) numbers(m int) [][]float64 {
	out := make([][]float64, len(b.Maps))
	for i, maps := range b.Maps {
		if m < len(maps) && !slices.ContainsFunc(maps[m].Values, func(v float32) bool { return v != v }) {
			out[i] = magnitudes(maps[m].Grid)
		}
	}
	return out
}

// near tells which maps are at most 0.6 of the largest distance apart, by standardised Euclidean distance.
func near(maps [][]float64) [][]bool {
	variance := variances(maps)
	apart, farthest := make([][]float64, len(maps)), 0.0
	for i, a := range maps {
		apart[i] = make([]float64, len(maps))
		for j, b := range maps[:i] {
			d := math.Inf(1)
			if a != nil && b != nil {
				d = standardisedDistance(a, b, variance)
				farthest = max(farthest, d)
			}
			apart[i][j], apart[j][i] = d, d
		}
	}
	const threshold = 0.6
	out := make([][]bool, len(maps))
	for i, row := range apart {
		for _, d := range row {
			out[i] = append(out[i], d <= threshold*farthest)
		}
	}
	return out
}

// variances returns the variance of every pixel over the maps a_1, ..., a_n, each of which counts twice, as scipy takes
// them for the distances of a list from itself:
//
//	V_p = 2 SUM_i (a_ip - mean_p)^2 / (2 n - 1)
func variances(maps [][]float64) []float64 {
	var mean, out []float64
	n := 0.0
	for _, a := range maps {
		if a == nil {
			continue
		}
		if n++; mean == nil {
			mean, out = make([]float64, len(a)), make([]float64, len(a))
		}
		for p, v := range a {
			mean[p] += v
		}
	}
	for _, a := range maps {
		for p, v := range a {
			d := v - mean[p]/n
			out[p] += 2 * d * d / (2*n - 1)
		}
	}
	return out
}

// standardisedDistance returns sqrt(SUM_p (a_p - b_p)^2 / V_p) over the pixels that vary.
func standardisedDistance(a, b, variance []float64) float64 {
	var sum float64
	for p, v := range variance {
		if v > 0 {
			d := a[p] - b[p]
			sum += d * d / v
		}
	}
	return math.Sqrt(sum)
}
