package vjp

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// What a sum at places y_p = x_p + SUM_(k at p) u_k passes on is v to x, and to each u_k what v has at its place. The
// one of GoMLX 0.28.8 takes every scatter for one of whole slices, which that of a GatherSlices' gradient, as
// Interpolate has it, is not; second derivatives need it.
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
