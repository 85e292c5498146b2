package walk

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Mixing returns the first node that brings the pictures of a batch together, as a mean over the batch does, so that
// the answer for one depends on those beside it; nil if there is none. The largest value that a softmax subtracts
// counts as none, since it changes nothing.
func (w *Walk) Mixing() *Node { return w.mixing }

// findMixing notes whether a node brings the pictures of a batch together.
func (w *Walk) findMixing(n *Node) {
	if w.mixing == nil && w.reducesBatch(n) && (n.Type() != NodeTypeReduceMax || w.within[n] != NodeTypeSub) {
		w.mixing = n
	}
}

func (w *Walk) reducesBatch(n *Node) bool {
	onBatch := func(in *Node, axis int) bool {
		of := w.trace.of[in]
		return axis < len(of) && slices.ContainsFunc(of[axis], func(p part) bool { return p.kind == batch })
	}
	in := n.Inputs()
	switch n.Type() {
	case NodeTypeReduceSum, NodeTypeReduceMax, NodeTypeReduceMin, NodeTypeReduceProduct:
		return slices.ContainsFunc(ReducedAxes(n), func(axis int) bool { return onBatch(in[0], axis) })
	case NodeTypeDotGeneral:
		return slices.ContainsFunc(numbers(n, "lhsContractingAxes"), func(axis int) bool { return onBatch(in[0], axis) }) ||
			slices.ContainsFunc(numbers(n, "rhsContractingAxes"), func(axis int) bool { return onBatch(in[1], axis) })
	case NodeTypeReduceWindow:
		for axis, length := range WindowOf(n).Size {
			if length > 1 && onBatch(in[0], axis) {
				return true
			}
		}
	}
	return false
}
