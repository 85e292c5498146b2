// Package invented makes an input for a model if no picture is given. Commands that compare or time computations use
// it.
package invented

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Input returns a tensor of the given shape with the values v_i = 4 (7919 i mod 1009) / 1009 - 2 in [-2, 2). They are
// always the same, and the same as in docs/benchmarks/peer.py.
func Input(dims []int) gradcamnb.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i*7919%1009)/1009*4 - 2
	}
	return gradcamnb.Tensor{Dims: slices.Clone(dims), Values: values}
}

// Axes returns the axes of the channels, the height and the width in a model's input of four axes.
func Axes(l imgio.Layout) (channels, height, width int) {
	if l == imgio.ChannelsLast {
		return 3, 1, 2
	}
	return 1, 2, 3
}
