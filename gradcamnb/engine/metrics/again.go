package metrics

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// noisy explains n copies of the picture to which noise is added. It returns the maps of each copy, and the Euclidean
// norm of each copy's noise.
func (s *Probe) noisy(ctx context.Context, n int, noise func(draw *rand.Rand) float32) (maps [][]*heatmap.Map,
	moved []float64, err error) {
	if s.Again == nil {
		return nil, nil, errNotAgain
	}
	for k := range n {
		draw := rand.New(rand.NewPCG(s.Seed, uint64(3+k)))
		var square float64
		found, _, err := s.Again(ctx, Change{Picture: func(values []float32) {
			for i := range values {
				d := noise(draw)
				values[i] += d
				square += float64(d) * float64(d)
			}
		}})
		if err != nil {
			return nil, nil, err
		}
		maps, moved = append(maps, found), append(moved, math.Sqrt(square))
	}
	return maps, moved, nil
}

var errNotAgain = errors.New("this metric explains the picture again, which cannot be done for this model and target")

// uniform returns a function that draws a number from -r to r.
func uniform(r float32) func(draw *rand.Rand) float32 {
	return func(draw *rand.Rand) float32 { return (2*draw.Float32() - 1) * r }
}

// distance returns the Euclidean distance of two maps' signed values.
func distance(a, b *heatmap.Map) float64 {
	x, y := a.Evidence().Values, b.Evidence().Values
	var sum float64
	for i := range x {
		d := float64(x[i]) - float64(y[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}

// length returns the Euclidean norm of a map's signed values.
func length(m *heatmap.Map) float64 {
	var sum float64
	for _, v := range m.Evidence().Values {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// foldValues returns a number for each of n maps: the values of map m in all explanations k, joined by fold.
func foldValues(maps [][]*heatmap.Map, n int, value func(k, m int) float64, fold func(a, b float64) float64) []float64 {
	out := make([]float64, n)
	for m := range out {
		out[m] = value(0, m)
		for k := 1; k < len(maps); k++ {
			out[m] = fold(out[m], value(k, m))
		}
	}
	return out
}
