package vjp

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

func init() {
	ofMax := VJPRegistration[NodeTypeReduceWindow]
	VJPRegistration[NodeTypeReduceWindow] = func(n *Node, v []*Node, shape shapes.Shape) []*Node {
		if w := walk.WindowOf(n); w.Reduction == "Sum" {
			return []*Node{sumPool(w, n.Inputs()[0], v[0])}
		}
		return ofMax(n, v, shape)
	}
	register(NodeTypeSelectAndScatterMax, maxPoolSecondGradient)
}

// sumPool returns the gradient of y_o = SUM_k x_(s o + d k - p), along one axis after the other:
//
//	dS/dx_i = SUM_k v_o, s o + d k - p = i
//
// GoMLX 0.28.8's own gradient ends the process on the pure-Go backend if the pooling is padded.
func sumPool(w walk.Window, x, v *Node) *Node {
	for axis, size := range w.Size {
		in, out := x.Shape().Dim(axis), v.Shape().Dim(axis)
		pads := w.Paddings[axis]
		if size == 1 && in == out && pads == [2]int{} {
			continue
		}
		if size == in && out == 1 && pads == [2]int{} && w.WindowDilations[axis] == 1 {
			dims := append([]int{}, v.Shape().Dimensions...)
			dims[axis] = in
			v = BroadcastToDims(v, dims...)
			continue
		}
		length := pads[0] + in + pads[1]
		var sum *Node
		for k := range size {
			start := k * w.WindowDilations[axis]
			config := make([]compute.PadAxis, x.Rank())
			config[axis] = compute.PadAxis{Start: start, End: length - start - dilatedLength(out, w.Strides[axis]),
				Interior: w.Strides[axis] - 1}
			each := Pad(v, ScalarZero(v.Graph(), v.DType()), config...)
			if sum == nil {
				sum = each
			} else {
				sum = Add(sum, each)
			}
		}
		v = SliceAxis(sum, axis, AxisRange(pads[0], pads[0]+in))
	}
	return v
}

// maxPoolSecondGradient returns the gradient of the gradient of max pooling, which GoMLX 0.28.8 does not have. The
// first gradient puts the value of each window at the place of the window's largest value, the first one if there are
// several. Its gradient takes for each window what lies at that place. The places do not move, so nothing goes to x.
func maxPoolSecondGradient(n, u *Node) []*Node {
	x := n.Inputs()[0]
	w := walk.ScatterOf(n)
	out := n.Inputs()[1].Shape().Dimensions
	pads := make([]compute.PadAxis, x.Rank())
	windows := 1
	for i, p := range w.Paddings {
		pads[i] = compute.PadAxis{Start: p[0], End: p[1]}
		windows *= w.Size[i]
	}
	x = Pad(x, Infinity(x.Graph(), x.DType(), -1), pads...)
	u = Pad(u, ScalarZero(u.Graph(), u.DType()), pads...)
	var largest, given *Node
	cell := make([]int, x.Rank())
	for range windows {
		ranges := make([]SliceAxisSpec, x.Rank())
		for i, at := range cell {
			ranges[i] = AxisRange(at, at+dilatedLength(out[i], w.Strides[i])).Stride(w.Strides[i])
		}
		value, here := Slice(x, ranges...), Slice(u, ranges...)
		if largest == nil {
			largest, given = value, here
		} else {
			given = Where(GreaterThan(value, largest), here, given)
			largest = Max(largest, value)
		}
		for i := len(cell) - 1; i >= 0; i-- { // the next cell, the last axis first
			if cell[i]++; cell[i] < w.Size[i] {
				break
			}
			cell[i] = 0
		}
	}
	return []*Node{nil, given}
}
