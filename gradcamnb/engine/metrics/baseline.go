package metrics

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/nearest"
)

// Baselines returns the names of the baselines, and what each puts in the place of the hidden parts of a picture.
func Baselines() map[string]string {
	return map[string]string{
		"mean":      "zero everywhere, which is the mean colour if the preprocessing subtracts the mean",
		"blur":      "the picture, blurred",
		"rise-blur": "the picture, blurred as in the code of Petsiuk et al., for figures to be compared with theirs",
		"black":     "black, for which the preprocessing must be known",
	}
}

// Baseline returns the picture that replaces hidden parts of a picture of shape dims, in the model's own units and
// layout; [Baselines] has the names. Any other name is an error.
func Baseline(name string, picture []float32, dims []int, layout imgio.Layout, prep *imgio.Prep) ([]float32, error) {
	switch name {
	case "mean":
		return make([]float32, len(picture)), nil
	case "blur":
		return blur(picture, dims, layout), nil
	case "rise-blur":
		return riseBlur(picture, dims, layout), nil
	case "black":
		if prep == nil {
			return nil, fmt.Errorf(`the baseline "black" needs to know what black is to the model: give its preprocessing, or take "mean" or "blur"`)
		}
		return black(picture, dims, layout, *prep), nil
	}
	names := slices.Sorted(maps.Keys(Baselines()))
	return nil, fault.Errorf(fault.ErrUnknownName, "there is no baseline %q%s; there are %s", name,
		nearest.DidYouMean(name, names), strings.Join(names, ", "))
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

// lines says where the columns and rows of a picture lie: their lengths, and the steps from a value to the one below it
// and beside it.
type lines struct{ height, width, down, right int }

func newLines(dims []int, layout imgio.Layout) lines {
	if layout == imgio.ChannelsLast {
		return lines{dims[1], dims[2], dims[2] * dims[3], dims[3]}
	}
	return lines{dims[2], dims[3], dims[3], 1}
}

// blur returns the picture blurred by a Gaussian, cut at two sigma and clamped at the edges. For 224 pixels sigma is 5
// pixels. For the blur of Petsiuk et al. see [riseBlur].
func blur(picture []float32, dims []int, layout imgio.Layout) []float32 {
	l := newLines(dims, layout)
	sigma := 5.0 / 224 * float64(max(l.height, l.width))
	reach := int(math.Ceil(2 * sigma))
	weights := make([]float64, 2*reach+1)
	var sum float64
	for i := range weights {
		d := float64(i - reach)
		weights[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += weights[i]
	}
	return blurAlong(blurAlong(picture, l.height, l.down, weights, sum), l.width, l.right, weights, sum)
}

// blurAlong blurs lines of n values that lie a stride apart: each becomes the sum of its neighbours times the weights,
// divided by the weights' sum. Beyond the ends of a line its first and last value continue.
func blurAlong(in []float32, n, stride int, weights []float64, sum float64) []float32 {
	out := make([]float32, len(in))
	reach := len(weights) / 2
	line := make([]float64, n+2*reach)
	for block := 0; block < len(in); block += n * stride {
		for first := block; first < block+stride; first++ {
			for i := range line {
				line[i] = float64(in[first+min(max(i-reach, 0), n-1)*stride])
			}
			for i := range n {
				var v float64
				for j, weight := range weights {
					v += weight * line[i+j]
				}
				out[first+i*stride] = float32(v / sum)
			}
		}
	}
	return out
}
