package metrics

import (
	"fmt"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Baseline returns the picture that replaces hidden parts of a picture of shape dims, in the model's own units and
// layout:
//
//   - "mean" is zero everywhere, which is the mean colour if the preprocessing subtracts the mean;
//   - "blur" is the picture blurred;
//   - "black" is black, for which the preprocessing must be known.
//
// Any other name is an error.
func Baseline(name string, picture []float32, dims []int, layout imgio.Layout, prep *imgio.Prep) ([]float32, error) {
	switch name {
	case "mean":
		return make([]float32, len(picture)), nil
	case "blur":
		return blur(picture, dims, layout), nil
	case "black":
		if prep == nil {
			return nil, fmt.Errorf(`the baseline "black" needs to know what black is to the model: give its preprocessing, or take "mean" or "blur"`)
		}
		return black(picture, dims, layout, *prep), nil
	}
	return nil, fmt.Errorf(`there is no baseline %q; there are "mean", "blur" and "black"`, name)
}

func black(picture []float32, dims []int, layout imgio.Layout, p imgio.Prep) []float32 {
	out := make([]float32, len(picture))
	for i := range out {
		c := i / (dims[2] * dims[3])
		if layout == imgio.ChannelsLast {
			c = i % dims[3]
		}
		out[i] = p.Black(c)
	}
	return out
}

// blur returns the picture blurred by a Gaussian, cut at two sigma and clamped at the edges. For 224 pixels sigma is
// 5 pixels, as in the code of Petsiuk et al.
func blur(picture []float32, dims []int, layout imgio.Layout) []float32 {
	h, w, c := dims[2], dims[3], dims[1]
	at := func(y, x, k int) int { return (k*h+y)*w + x }
	if layout == imgio.ChannelsLast {
		h, w, c = dims[1], dims[2], dims[3]
		at = func(y, x, k int) int { return (y*w+x)*c + k }
	}
	sigma := 5.0 / 224 * float64(max(h, w))
	reach := int(math.Ceil(2 * sigma))
	weights := make([]float64, 2*reach+1)
	var sum float64
	for i := range weights {
		d := float64(i - reach)
		weights[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += weights[i]
	}
	pass := func(in []float32, dy, dx int) []float32 {
		out := make([]float32, len(in))
		for y := range h {
			for x := range w {
				for k := range c {
					var v float64
					for i, weight := range weights {
						d := i - reach
						v += weight * float64(in[at(min(max(y+d*dy, 0), h-1), min(max(x+d*dx, 0), w-1), k)])
					}
					out[at(y, x, k)] = float32(v / sum)
				}
			}
		}
		return out
	}
	return pass(pass(picture, 1, 0), 0, 1)
}
