package cam

import (
	"math/rand/v2"
	"slices"
)

// SmoothGrad averages a method's maps of noisy copies of the picture:
//
//	L = 1/n SUM_i M(x + N(0, sigma^2))     (section 3)
//
// Smilkov et al. 2017, "SmoothGrad: removing noise by adding noise". n is 50 and sigma is
// 0.15 (max x - min x), the middle of the range that the paper recommends. The noise is the
// same in every run. It is made of Saliency, or of another method of one pass:
// SmoothGrad(Grad-CAM).
var SmoothGrad = Register(Method{
	Name:    "SmoothGrad",
	Paper:   "Smilkov et al. 2017, arXiv:1706.03825",
	Formula: "1/n SUM_i M(x + N(0, sigma^2)), n = 50, sigma = 0.15 (max x - min x) (section 3)",
	Passes:  "50 forward, 50 backward",
	Use:     "to reduce the noise of Saliency",
	Peers:   "captum's NoiseTunnel takes n = 5 and sigma = 1 by default",
	Procedure: Wrapper{Usual: "Saliency", Make: func(base Method) (Procedure, error) {
		see, err := onePass(base)
		return Pictures{See: see, Start: func(c Original) Run {
			const n = 50
			sum := newMean(c.emptyGrid(see))
			return Run{Inputs: n, Input: func(i int) []float32 { return c.noisy(i, 0.15) }, Take: sum.take, Map: sum.grid}
		}}, err
	}},
})

// noisy returns the picture with normally distributed noise. Its standard deviation is a
// share of the range of the picture's values. The noise of a number i is always the same.
func (c Original) noisy(i int, share float32) []float32 {
	x := c.Picture.Flat
	sigma := share * (slices.Max(x) - slices.Min(x))
	random := rand.New(rand.NewPCG(1, uint64(i)))
	out := make([]float32, len(x))
	for k, v := range x {
		out[k] = v + sigma*float32(random.NormFloat64())
	}
	return out
}

// emptyGrid returns an empty grid with the height and width of a procedure's map of the picture.
func (c Original) emptyGrid(how Procedure) Grid {
	if HasLayer(how) {
		return Grid{H: c.Act.H, W: c.Act.W}
	}
	return Grid{H: c.Picture.H, W: c.Picture.W}
}

// mean averages maps.
type mean struct {
	size  Grid
	sum   []float64
	count int
}

func newMean(size Grid) *mean { return &mean{size: size, sum: make([]float64, size.H*size.W)} }

func (m *mean) take(_ int, _ float32, seen []float32) {
	m.count++
	for i, v := range seen {
		m.sum[i] += float64(v)
	}
}

func (m *mean) grid() Grid {
	out := Grid{H: m.size.H, W: m.size.W, Flat: make([]float32, len(m.sum))}
	for i, v := range m.sum {
		out.Flat[i] = float32(v / float64(max(1, m.count)))
	}
	return out
}
