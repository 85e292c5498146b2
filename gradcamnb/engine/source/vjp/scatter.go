package vjp

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// The gradient of a sum at places, y_p = x_p + SUM_(k at p) u_k, is v for x, and for each u_k the value of v at its
// place. GoMLX 0.28.8 takes every scatter for one of whole slices. The gradient of a GatherSlices, which Interpolate
// uses, is no such scatter, and second derivatives need it.
func init() {
	register(NodeTypeScatterSum, func(n, v *Node) []*Node {
		indices, updates := n.Inputs()[1], n.Inputs()[2]
		s := walk.ScatterSumOf(n)
		sizes := slices.Repeat([]int{1}, n.Rank())
		window := s.Window
		for axis := range sizes {
			if !slices.Contains(s.Inserted, axis) {
				sizes[axis], window = updates.Shape().Dim(window[0]), window[1:]
			}
		}
		return []*Node{v, nil, BackendGather(v, indices, s.IndexAxis, s.Window, s.Inserted, s.Operand, sizes, false)}
	})
}
