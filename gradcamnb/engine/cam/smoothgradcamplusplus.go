package cam

import . "github.com/gomlx/gomlx/core/graph"

// SmoothGradCAMPlusPlus is [GradCAMPlusPlus] with its first, second and third derivatives
// each averaged over noisy copies of the picture:
//
//	D_m    = 1/n SUM_i G_i^m,  G_i = dS/dA (x + N(0, sigma^2))
//	a_k,ij = D_2 / (2 D_2 + D_3 SUM_ab A_k,ab),  w_k = SUM_ij a_k,ij ReLU(D_1)
//	L      = SUM_k w_k A_k
//
// Omeiza et al. 2019, "Smooth Grad-CAM++: An Enhanced Inference Level Visualization
// Technique for Deep Convolutional Neural Network Models"; the numbers of the equations could
// not be looked up here. As in [GradCAMPlusPlus], powers of G stand for the derivatives of
// exp(S), and 1e-6 is added to the denominator. A is that of the picture without noise. n is
// 16 and sigma is 0.15 (max x - min x); the noise is the same in every run. Shapes:
// [h, w, channels] -> [h, w].
var SmoothGradCAMPlusPlus = Register(Method{
	Name:    "Smooth Grad-CAM++",
	Aliases: []string{"SmoothGradCAMpp"},
	Paper:   "Omeiza et al. 2019, arXiv:1908.01224",
	Formula: "Grad-CAM++ with G, G^2 and G^3 averaged over noisy pictures",
	Passes:  "16 forward, 16 backward down to the layer",
	Use:     "like Grad-CAM++, with less noise",
	Peers:   "torch-cam takes 4 noisy pictures of sigma 0.3 and sums G^3 A together in the denominator",
	Procedure: Pictures{See: Map(func(at View) *Node { return at.Grad }), Start: func(c Original) Run {
		const n = 16
		size := Grid{H: c.Act.H, W: c.Act.W * c.Act.C}
		var d [3]*mean
		for m := range d {
			d[m] = newMean(size)
		}
		return Run{
			Inputs: n,
			Input:  func(i int) []float32 { return c.noisy(i, 0.15) },
			Take: func(_ int, _ float32, seen []float32) {
				for m := range d {
					d[m].count++
				}
				for k, g := range seen {
					g := float64(g)
					d[0].sum[k] += g
					d[1].sum[k] += g * g
					d[2].sum[k] += g * g * g
				}
			},
			Map: func() Grid { return c.meanMap(d[0].grid().Flat, d[1].grid().Flat, d[2].grid().Flat) },
		}
	}},
})

// meanMap returns the map of the mean derivatives.
func (c Original) meanMap(d1, d2, d3 []float32) Grid {
	sums := make([]float64, c.Act.C)
	for i, v := range c.Act.Flat {
		sums[i%c.Act.C] += float64(v)
	}
	weights := make([]float64, c.Act.C)
	for i, v := range d2 {
		if v == 0 {
			continue
		}
		a := float64(v) / (2*float64(v) + float64(d3[i])*sums[i%c.Act.C] + 1e-6)
		weights[i%c.Act.C] += a * float64(max(0, d1[i]))
	}
	return c.Act.weightedSum(weights)
}

// weightedSum returns SUM_k w_k A_k.
func (v Values) weightedSum(weights []float64) Grid {
	out := Grid{H: v.H, W: v.W, Flat: make([]float32, v.H*v.W)}
	for i := range out.Flat {
		var sum float64
		for k, w := range weights {
			sum += w * float64(v.Flat[i*v.C+k])
		}
		out.Flat[i] = float32(sum)
	}
	return out
}
