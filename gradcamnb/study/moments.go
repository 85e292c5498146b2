package study

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gradcam-go/gradcam/internal/quantile"
)

// draws is the number of bootstrap samples for an interval.
const draws = 1000

// moments are the count, mean and sum of squared deviations of numbers. They can be added up from parts (Chan et al.
// 1983, "Algorithms for computing the sample variance").
type moments struct {
	N        int
	Mean, M2 float64
}

func (m *moments) add(v float64) { m.merge(moments{1, v, 0}) }

// merge adds o:
//
//	d = mean_o - mean,  mean += d n_o / n,  M2 += M2_o + d^2 n_m n_o / n
func (m *moments) merge(o moments) {
	n := m.N + o.N
	if n == 0 {
		return
	}
	d := o.Mean - m.Mean
	m.M2 += o.M2 + d*d*float64(m.N)*float64(o.N)/float64(n)
	m.Mean += d * float64(o.N) / float64(n)
	m.N = n
}

// stdErr returns the standard error of the mean, sqrt(M2 / (n - 1) / n). It is NaN if there is one number only.
func (m moments) stdErr() float64 { return math.Sqrt(m.M2 / float64(m.N-1) / float64(m.N)) }

// bootstrap keeps the sums of a Poisson bootstrap: in each of its samples every picture counts as often as a Poisson
// variable of mean 1 says (Chamandy et al. 2012, "Estimating uncertainty for massive data streams"). The weights depend
// only on the picture's name, so all machines draw the same ones, and the sums of parts can be added up.
type bootstrap struct {
	Sum, Count []float64
}

func (b *bootstrap) add(weights []float64, v float64) {
	if b.Sum == nil {
		b.Sum, b.Count = make([]float64, draws), make([]float64, draws)
	}
	for i, w := range weights {
		b.Sum[i] += w * v
		b.Count[i] += w
	}
}

// interval returns the middle 95 % of the samples' means, or NaN if there is none.
func (b bootstrap) interval() (lo, hi float64) {
	var means []float64
	for i, n := range b.Count {
		if n > 0 {
			means = append(means, b.Sum[i]/n)
		}
	}
	if len(means) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(means)
	return quantile.Interpolate(means, 0.025), quantile.Interpolate(means, 0.975)
}

// weights draws how often a picture counts in every bootstrap sample.
func weights(picture string) []float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(picture)) // never an error
	draw := rand.New(rand.NewPCG(h.Sum64(), 0))
	out := make([]float64, draws)
	for i := range out {
		out[i] = poisson(draw)
	}
	return out
}

// poisson draws from the Poisson distribution of mean 1, by inversion (Knuth).
func poisson(draw *rand.Rand) float64 {
	n := 0.0
	for p := draw.Float64(); p > 1/math.E; p *= draw.Float64() {
		n++
	}
	return n
}
