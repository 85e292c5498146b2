package metrics

import (
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// riseBlur returns the picture blurred as in the code of Petsiuk et al. 2018 (RISE, gkern(11, 5)), whatever the
// picture's size. Along each axis the weight of the value d pixels away, -5 <= d <= 5, is
//
//	w_d = SUM_(k: fold(k) = d) exp(-k^2 / 50) / SUM_(k = -20..20) exp(-k^2 / 50)
//
// fold mirrors k at the borders of the window of 11, as scipy does when it filters that window: the Gaussian's tails
// lie within it. Beyond the picture's edges all is 0.
func riseBlur(picture []float32, dims []int, layout imgio.Layout) []float32 {
	l := newLines(dims, layout)
	weights := riseWeights()
	return convolve(convolve(picture, l.height, l.down, weights), l.width, l.right, weights)
}

// riseWeights returns the weights of riseBlur, of which the sixth is that of the value itself.
func riseWeights() [11]float64 {
	const side, sigma, reach = 11, 5.0, 20
	var weights [side]float64
	var sum float64
	for k := -reach; k <= reach; k++ {
		v := math.Exp(-float64(k*k) / (2 * sigma * sigma))
		at := ((side/2+k)%(2*side) + 2*side) % (2 * side)
		if at >= side { // mirrored, the border's value twice
			at = 2*side - 1 - at
		}
		weights[at] += v
		sum += v
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

// convolve replaces each value of lines, of n values that lie a stride apart, by the sum of its neighbours times the
// weights. Beyond the ends of a line all is 0.
func convolve(in []float32, n, stride int, weights [11]float64) []float32 {
	out := make([]float32, len(in))
	for block := 0; block < len(in); block += n * stride {
		for first := block; first < block+stride; first++ {
			for i := range n {
				var v float64
				for j, weight := range weights {
					if at := i + j - len(weights)/2; at >= 0 && at < n {
						v += weight * float64(in[first+at*stride])
					}
				}
				out[first+i*stride] = float32(v)
			}
		}
	}
	return out
}
