package cam

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Resize scales maps [batch, h, w] to [batch, H, W] bilinearly with half-pixel
// centres, clamped at the edges and without antialiasing, as OpenCV's INTER_LINEAR
// and torch's interpolate(align_corners=False): output pixel o reads the input at
//
//	x = (o + 1/2) * in/out - 1/2.
//
// It is one matrix product for each axis, M_h x M_w^T, with the weights as constants.
func Resize(x *Node, height, width int) *Node { return ResizeWithin(x, height, width, [2][2]float64{}) }

// ResizeWithin is [Resize] of maps of a part of the picture. beyond has the shares of the picture's height, and of its
// width, that lie before the part and behind it, for which the result is 0. A share is less than 0 if the map goes
// beyond the picture:
//
//	x = (o + 1/2 - before out) * in/(out (1 - before - behind)) - 1/2.
func ResizeWithin(x *Node, height, width int, beyond [2][2]float64) *Node {
	place := func(beyond [2]float64) placing {
		return func(o, in, out int) (float64, bool) {
			pixel, first, seen := float64(o)+0.5, beyond[0]*float64(out), 1-beyond[0]-beyond[1]
			at := (pixel-first)*float64(in)/(float64(out)*seen) - 0.5
			return at, first <= pixel && pixel <= float64(out)*(1-beyond[1])
		}
	}
	return resize(x, height, width, place(beyond[0]), place(beyond[1]))
}

// ResizeSlices is like [Resize], for volumes, whose slices lie one below another. It is linear along each of the three
// axes, as torch's interpolate (mode="trilinear", align_corners=False). from is the number of slices of x, and to that
// of the result. size is the result's height, of all slices together, and width; beyond is as for [ResizeWithin].
func ResizeSlices(x *Node, from, to int, size [2]int, beyond [2][2]float64) *Node {
	batch, rows, width := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2)
	height := size[0] / to
	x = ResizeWithin(Reshape(x, batch*from, rows/from, width), height, size[1], beyond)
	x = Resize(Reshape(x, batch, from, height*size[1]), to, height*size[1])
	return Reshape(x, batch, size[0], size[1])
}

// resizeAligned is [Resize] with aligned corners, as torch's
// interpolate(align_corners=True): output pixel o reads the input at
//
//	x = o (in-1)/(out-1).
func resizeAligned(x *Node, height, width int) *Node {
	aligned := func(o, in, out int) (float64, bool) {
		return float64(o) * float64(in-1) / float64(max(out-1, 1)), true
	}
	return resize(x, height, width, aligned, aligned)
}

// placing returns the place in the input that output pixel o reads; ok is false if it reads nothing and is 0.
type placing func(o, in, out int) (at float64, ok bool)

// resize interpolates linearly along rows and columns.
func resize(x *Node, height, width int, rows, columns placing) *Node {
	g := x.Graph()
	h, w := x.Shape().Dim(1), x.Shape().Dim(2)
	if weights := bilinear(h, height, rows); weights != nil {
		x = Einsum("bhw,oh->bow", x, Const(g, weights))
	}
	if weights := bilinear(w, width, columns); weights != nil {
		x = Einsum("bhw,ow->bho", x, Const(g, weights))
	}
	return x
}

// bilinear returns the matrix [out, in] of interpolation weights; nil if nothing changes.
func bilinear(in, out int, place placing) *tensors.Tensor {
	weights := make([]float32, out*in)
	same := in == out
	for o := range out {
		x, ok := place(o, in, out)
		if !ok {
			same = false
			continue
		}
		floor := math.Floor(x)
		lo, hi := clamp(int(floor), in), clamp(int(floor)+1, in)
		weights[o*in+lo] += float32(1 - (x - floor))
		weights[o*in+hi] += float32(x - floor)
		same = same && x == float64(o)
	}
	if same {
		return nil
	}
	return tensors.FromFlatDataAndDimensions(weights, out, in)
}

func clamp(i, n int) int { return min(max(i, 0), n-1) }
