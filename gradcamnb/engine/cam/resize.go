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
func Resize(x *Node, height, width int) *Node {
	return resize(x, height, width,
		func(o, in, out int) float64 { return (float64(o)+0.5)*float64(in)/float64(out) - 0.5 })
}

// ResizeSlices is [Resize] of volumes, whose slices lie one below another. It is linear along each of the three axes,
// as torch's interpolate (mode="trilinear", align_corners=False). from is the number of slices of x, and to that of the
// result. size is the result's height, of all slices together, and width.
func ResizeSlices(x *Node, from, to int, size [2]int) *Node {
	batch, rows, width := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2)
	height := size[0] / to
	x = Resize(Reshape(x, batch*from, rows/from, width), height, size[1])
	x = Resize(Reshape(x, batch, from, height*size[1]), to, height*size[1])
	return Reshape(x, batch, size[0], size[1])
}

// resizeAligned is [Resize] with aligned corners, as torch's
// interpolate(align_corners=True): output pixel o reads the input at
//
//	x = o (in-1)/(out-1).
func resizeAligned(x *Node, height, width int) *Node {
	return resize(x, height, width,
		func(o, in, out int) float64 { return float64(o) * float64(in-1) / float64(max(out-1, 1)) })
}

// resize interpolates linearly: at returns the place in the input that output pixel o reads.
func resize(x *Node, height, width int, at func(o, in, out int) float64) *Node {
	g := x.Graph()
	h, w := x.Shape().Dim(1), x.Shape().Dim(2)
	if h != height {
		x = Einsum("bhw,oh->bow", x, Const(g, bilinear(h, height, at)))
	}
	if w != width {
		x = Einsum("bhw,ow->bho", x, Const(g, bilinear(w, width, at)))
	}
	return x
}

// bilinear returns the matrix [out, in] of interpolation weights.
func bilinear(in, out int, at func(o, in, out int) float64) *tensors.Tensor {
	weights := make([]float32, out*in)
	for o := range out {
		x := at(o, in, out)
		floor := math.Floor(x)
		lo, hi := clamp(int(floor), in), clamp(int(floor)+1, in)
		weights[o*in+lo] += float32(1 - (x - floor))
		weights[o*in+hi] += float32(x - floor)
	}
	return tensors.FromFlatDataAndDimensions(weights, out, in)
}

func clamp(i, n int) int { return min(max(i, 0), n-1) }
