package inputs

import (
	"image"
	"image/color"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// drawVolumes draws each volume of a batch in grey, slice below slice: the mean of its channels, from its lowest value,
// black, to its highest, white.
func drawVolumes(c source.Card, t ask.Tensor) []image.Image {
	size := c.Layout.Size(t.Dims)
	cells := size[0] * size[1]
	each := len(t.Values) / t.Dims[0]
	var out []image.Image
	for i := range t.Dims[0] {
		out = append(out, drawGrey(meanChannel(t.Values[i*each:(i+1)*each], cells, c.Layout), size[1]))
	}
	return out
}

// meanChannel returns the mean of the channels of each of so many cells.
func meanChannel(values []float32, cells int, layout imgio.Layout) []float64 {
	channels := len(values) / cells
	out := make([]float64, cells)
	for i, v := range values {
		at := i % cells
		if layout == imgio.ChannelsLast {
			at = i / channels
		}
		out[at] += float64(v) / float64(channels)
	}
	return out
}

// drawGrey draws values, rows of a width one below another. A value that is not finite is black.
func drawGrey(values []float64, width int) image.Image {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if isFinite(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	out := image.NewNRGBA(image.Rect(0, 0, width, len(values)/width))
	for i, v := range values {
		var grey uint8
		if share := (v - lo) / (hi - lo); share > 0 && isFinite(v) {
			grey = uint8(255*min(share, 1) + 0.5)
		}
		out.SetNRGBA(i%width, i/width, color.NRGBA{R: grey, G: grey, B: grey, A: 255})
	}
	return out
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
