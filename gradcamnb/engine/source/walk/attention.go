package walk

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Attention returns the layout [batch, queries, keys, heads] of a softmax over tokens, which is no map of the picture.
// It returns false for any other node. The keys are the axis that the softmax sums over.
func (w *Walk) Attention(n *Node) (Layout, bool) {
	if n.Type() != NodeTypeDiv || n.Rank() != 4 {
		return Layout{}, false
	}
	sum := skipNeutral(n.Inputs()[1])
	if sum.Type() != NodeTypeReduceSum || len(numbers(sum, "axes")) != 1 {
		return Layout{}, false
	}
	keys := numbers(sum, "axes")[0]
	pictures, queries, heads := -1, -1, -1
	for i, x := range w.trace.of[n] {
		rows, columns := x.grid()
		switch {
		case i == keys:
		case x.soleKind() == batch:
			pictures = i
		case rows*columns > 1:
			queries = i
		default:
			heads = i
		}
	}
	if pictures < 0 || queries < 0 || heads < 0 {
		return Layout{}, false
	}
	d := n.Shape().Dimensions
	order := []int{pictures, queries, keys, heads}
	return Layout{Rows: d[queries], Columns: d[keys], Channels: d[heads], order: order, frames: 1}, true
}
