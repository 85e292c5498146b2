package cam

import "math"

// IntegratedGradients shows what each pixel contributes to the score on the way from an
// input of zeros to the picture; x is the model's input after its preprocessing:
//
//	L = SUM_c x_c INTEGRAL_0^1 dS/dx_c (a x) da     (eq. 1, with the baseline 0)
//
// The integral is computed as the Gauss-Legendre sum over 50 points a_i with weights w_i. The
// term x dS/dx (a x) is the [InputXGradient] of a x, divided by a, so the map is
// SUM_i w_i/a_i InputXGradient(a_i x). It adds up to S(x) - S(0). Sundararajan et al. 2017,
// "Axiomatic Attribution for Deep Networks"; the sum is that of captum 0.9. Shape:
// [batch, H, W], of the picture, whatever the layer.
var IntegratedGradients = Register(Method{
	Name:    "Integrated gradients",
	Aliases: []string{"IG", "captum.IntegratedGradients"},
	Paper:   "Sundararajan et al. 2017, arXiv:1703.01365",
	Formula: "SUM_c x_c INTEGRAL_0^1 dS/dx_c (a x) da, 50 points (eq. 1)",
	Passes:  "50 forward, 50 backward down to the picture",
	Use:     "to divide the score among the pixels, so that they add up to it",
	Peers:   "captum gives the colours one by one",
	Procedure: Pictures{See: InputXGradient.Procedure.(Pixels), Start: func(c Original) Run {
		points, weights := gaussLegendre(50)
		sum := newMean(Grid{H: c.Picture.H, W: c.Picture.W})
		return Run{
			Inputs: len(points),
			Input: func(i int) []float32 {
				out := make([]float32, len(c.Picture.Flat))
				for k, v := range c.Picture.Flat {
					out[k] = v * float32(points[i])
				}
				return out
			},
			Take: func(i int, _ float32, seen []float32) {
				for k, v := range seen {
					sum.sum[k] += float64(v) * weights[i] / points[i]
				}
			},
			Map: sum.grid, // no mean: nothing is counted
		}
	}},
})

// gaussLegendre returns the n points and weights of the Gauss-Legendre sum on [0, 1]. The
// points are the roots x of the Legendre polynomial P_n, found by Newton's method and moved
// from [-1, 1] to [0, 1]. The weights are half of 2 / ((1 - x^2) P_n'(x)^2).
func gaussLegendre(n int) (points, weights []float64) {
	for i := range n {
		x := math.Cos(math.Pi * (float64(n-i) - 0.25) / (float64(n) + 0.5))
		var slope float64
		for range 50 {
			p, before := 1.0, 0.0
			for k := range n {
				p, before = (float64(2*k+1)*x*p-float64(k)*before)/float64(k+1), p
			}
			slope = float64(n) * (x*p - before) / (x*x - 1)
			step := p / slope
			x -= step
			if math.Abs(step) < 1e-15 {
				break
			}
		}
		points = append(points, (x+1)/2)
		weights = append(weights, 1/((1-x*x)*slope*slope))
	}
	return points, weights
}
