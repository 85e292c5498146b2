package onnxnorm

import "math"

var (
	_ = register("Resize", resize, nil)
	_ = register("Upsample", resize, nil) // of opset 7 and 9, which Resize took the place of
)

// resize is two matrix products with constant weights, one an axis,
//
//	y[o] = SUM_i W[o, i] x[i],
//
// whose rows hold the interpolation weights of each output pixel. GoMLX's own
// interpolation has a wrong gradient on the pure-Go backend.
func resize(b *builder, original *node) {
	n := original
	v := n.need(0)
	if b.opset < 11 {
		n = n.with(attrString("coordinate_transformation_mode", "asymmetric"), attrString("nearest_mode", beforeOpset11))
	}
	if len(v.dims) != 4 {
		failf("its input has the shape %v, and only two spatial axes are supported", v.dims)
	}
	if n.intOr("antialias", 0) != 0 || n.attr("axes") != nil {
		failf("antialias and axes are not supported")
	}
	out, scale := resizeSizes(n, v.dims)
	out[0] = b.ownSize(n, out[0])
	if out[0] != v.dims[0] || out[1] != v.dims[1] {
		failf("it resizes %v to %v, and only height and width can change", v.dims, out)
	}
	x := b.lastOf(v)
	batch, h, w, c := v.dims[0], out[2], out[3], v.dims[1]
	if h != v.dims[2] {
		x = b.matmul(b.floats([]int{h, v.dims[2]}, resizeWeights(n, v.dims[2], h, scale[2])), b.reshape(x, batch, v.dims[2], v.dims[3]*c))
	}
	if w != v.dims[3] {
		x = b.matmul(b.floats([]int{w, v.dims[3]}, resizeWeights(n, v.dims[3], w, scale[3])), b.reshape(x, batch*h, v.dims[3], c))
	}
	original.out = []*value{b.fromLast(b.reshape(x, batch, h, w, c))}
}

// beforeOpset11 is how onnxruntime rounds where an opset had no nearest_mode: down when
// it enlarges, up when it makes smaller.
const beforeOpset11 = "before opset 11"

// resizeSizes returns the output size and the scale of each axis, from the input
// sizes or scales.
func resizeSizes(n *node, in []int) ([]int, []float64) {
	scale := make([]float64, len(in))
	scales, sizes := n.input(2), n.input(3)
	if len(n.in) == 2 { // opset 9 and 10: (x, scales)
		scales = n.input(1)
	}
	if a := n.attr("scales"); a != nil { // opset 7
		scales = &value{dims: []int{len(a.Floats)}, konst: floatTensor([]int{len(a.Floats)}, a.Floats)}
	}
	given := sizes
	if given == nil {
		given = scales
	}
	if given == nil || given.konst == nil || size(given.dims) != len(in) {
		failf("its sizes or scales are missing or computed from the picture, and only constants, one an axis, are supported there")
	}
	out := make([]int, len(in))
	for i := range in {
		if given == sizes {
			out[i] = given.konst.asInts()[i]
			scale[i] = float64(out[i]) / float64(in[i])
			continue
		}
		scale[i] = float64(given.konst.numbers()[i])
		out[i] = int(math.Floor(float64(in[i]) * scale[i]))
	}
	return out, scale
}

// resizeWeights is the matrix [out, in] of one axis.
func resizeWeights(n *node, in, out int, scale float64) []float32 {
	mode := n.stringOr("mode", "nearest")
	if !plausible([]int{out, in}) {
		failf("it resizes %d pixels to %d", in, out)
	}
	weights := make([]float32, out*in)
	add := func(o, i int, w float64) { weights[o*in+min(max(i, 0), in-1)] += float32(w) }
	for o := range out {
		x := resizeCoordinate(n, o, in, out, scale)
		floor := int(math.Floor(x))
		f := x - float64(floor)
		switch mode {
		case "nearest":
			add(o, nearest(n, x, scale), 1)
		case "linear":
			add(o, floor, 1-f)
			add(o, floor+1, f)
		case "cubic":
			if n.intOr("exclude_outside", 0) != 0 {
				failf("exclude_outside is not supported")
			}
			a := float64(n.floatOr("cubic_coeff_a", -0.75))
			for k := -1; k <= 2; k++ {
				add(o, floor+k, cubic(math.Abs(f-float64(k)), a))
			}
		default:
			failf("mode %q is not known", mode)
		}
	}
	return weights
}

// resizeCoordinate is the place in the input of output pixel o (ONNX: Resize,
// coordinate_transformation_mode).
func resizeCoordinate(n *node, o, in, out int, scale float64) float64 {
	x := float64(o)
	switch mode := n.stringOr("coordinate_transformation_mode", "half_pixel"); mode {
	case "half_pixel":
		return (x+0.5)/scale - 0.5
	case "half_pixel_symmetric":
		adjust := float64(out) / (scale * float64(in))
		return float64(in)/2*(1-adjust) + (x+0.5)/scale - 0.5
	case "pytorch_half_pixel":
		if out == 1 {
			return 0
		}
		return (x+0.5)/scale - 0.5
	case "align_corners":
		if out == 1 {
			return 0
		}
		return x * float64(in-1) / float64(out-1)
	case "asymmetric":
		return x / scale
	default:
		failf("coordinate_transformation_mode %q is not supported", mode)
		return 0
	}
}

func nearest(n *node, x, scale float64) int {
	switch mode := n.stringOr("nearest_mode", "round_prefer_floor"); mode {
	case beforeOpset11:
		if scale < 1 {
			return int(math.Ceil(x))
		}
		return int(math.Floor(x))
	case "round_prefer_floor":
		return int(math.Ceil(x - 0.5))
	case "round_prefer_ceil":
		return int(math.Floor(x + 0.5))
	case "floor":
		return int(math.Floor(x))
	case "ceil":
		return int(math.Ceil(x))
	default:
		failf("nearest_mode %q is not known", mode)
		return 0
	}
}

// cubic is Keys' kernel at the distance d (Keys 1981, eq. 15, a = -0.5 there).
func cubic(d, a float64) float64 {
	switch {
	case d <= 1:
		return (a+2)*d*d*d - (a+3)*d*d + 1
	case d < 2:
		return a*d*d*d - 5*a*d*d + 8*a*d - 4*a
	}
	return 0
}
