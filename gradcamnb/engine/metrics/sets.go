package metrics

import (
	"context"
	"math/rand/v2"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// set is a set of pixels of the model's input, by number.
type set []int32

// randomSets draws n sets of size pixels each. A set has no pixel twice.
func randomSets(seed uint64, n, size, pixels int) []set {
	draw := rand.New(rand.NewPCG(seed, 0))
	out := make([]set, n)
	for i := range out {
		out[i] = make(set, size)
		for k, p := range draw.Perm(pixels)[:size] {
			out[i][k] = int32(p)
		}
	}
	return out
}

// drawScattered returns 100 random sets, the default of Quantus 0.6.0. Each has as many pixels as the input is wide, or
// a quarter of the pixels if that is less.
func (s *Probe) drawScattered() []set {
	const n = 100
	height, width := s.Mean.Size()
	pixels := height * width
	return s.Batch.scattered(scatter{s.Seed, n, min(width, max(1, pixels/4)), pixels})
}

// scatter says which random sets are drawn: n sets of size pixels each.
type scatter struct {
	seed            uint64
	n, size, pixels int
}

// scattered returns random sets. They are the same for all pictures and metrics, so those of a batch draw them once: it
// takes as long as many passes of a small model. The batch may be nil.
func (b *Batch) scattered(of scatter) []set {
	if b == nil {
		return randomSets(of.seed, of.n, of.size, of.pixels)
	}
	if b.sets == nil || b.of != of {
		b.of, b.sets = of, randomSets(of.seed, of.n, of.size, of.pixels)
	}
	return b.sets
}

// drops returns, for each set, how much every aim's score falls when only that set is hidden: f(x) - f(x without S),
// [set][aim].
func (s *Probe) drops(ctx context.Context, over Model, sets []set) ([][]float64, error) {
	scores, err := s.score(ctx, over, 1+len(sets), func(i int, mask []float32) {
		fill(mask, true)
		if i > 0 {
			for _, p := range sets[i-1] {
				mask[p] = 0
			}
		}
	})
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(sets))
	for i := range out {
		out[i] = make([]float64, len(scores[0]))
		for a, whole := range scores[0] {
			out[i][a] = float64(whole) - float64(scores[1+i][a])
		}
	}
	return out, nil
}

// sums returns the sum of a map's signed values over each set.
func sums(m *heatmap.Map, sets []set) []float64 {
	values := m.Signed().Values
	out := make([]float64, len(sets))
	for i, one := range sets {
		for _, p := range one {
			out[i] += float64(values[p])
		}
	}
	return out
}

// column returns one aim's drop for every set.
func column(drops [][]float64, aim int) []float64 {
	out := make([]float64, len(drops))
	for i, row := range drops {
		out[i] = row[aim]
	}
	return out
}
