package walk

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Mixing returns the first node that brings the pictures of a batch together, as a mean over the batch does, so that
// the answer for one depends on those beside it; nil if there is none. The largest value that a softmax subtracts
// counts as none, since it changes nothing.
func (w *Walk) Mixing() *Node { return w.mixing }

// findMixing returns the first of the nodes that brings the pictures of a batch together.
func (w *Walk) findMixing(nodes []*Node) *Node {
	uses := usesOf(nodes)
	for _, n := range nodes {
		if n == w.picture || !w.sees[n] {
			continue
		}
		if w.movesPictures(n) || w.reducesBatch(n) && (n.Type() != NodeTypeReduceMax || !isShift(n, uses)) {
			return n
		}
	}
	return nil
}

// isShift tells whether every use of a node is that a softmax or a log-softmax subtracts it.
func isShift(n *Node, uses map[*Node][]*Node) bool {
	isEnd := func(of *Node) bool { // of z - max(z)
		return !slices.ContainsFunc(uses[of], func(use *Node) bool {
			return use.Type() != NodeTypeExp && (use.Type() != NodeTypeSub || use.Inputs()[0] != of ||
				skipNeutral(use.Inputs()[1]).Type() != NodeTypeLog)
		})
	}
	return len(uses[n]) > 0 && !slices.ContainsFunc(uses[n], func(use *Node) bool {
		if neutral[use.Type()] {
			return !isShift(use, uses)
		}
		return use.Type() != NodeTypeSub || use.Inputs()[1] != n || len(uses[use]) == 0 || !isEnd(use)
	})
}

// usesOf returns for every node the nodes that it is an input of.
func usesOf(nodes []*Node) map[*Node][]*Node {
	uses := map[*Node][]*Node{}
	for _, n := range nodes {
		for _, in := range n.Inputs() {
			uses[in] = append(uses[in], n)
		}
	}
	return uses
}

// onBatch tells whether an axis of a node counts pictures.
func (w *Walk) onBatch(n *Node, axis int) bool {
	of := w.trace.of[n]
	return axis < len(of) && slices.ContainsFunc(of[axis], func(p part) bool { return p.kind == batch })
}

// movesPictures tells whether a node takes some of the pictures out of a batch, or turns their order round. Views of
// each picture that follow each other in a batch may be taken apart again.
func (w *Walk) movesPictures(n *Node) bool {
	pictures := w.picture.Shape().Dim(0)
	ofBatch := func(axis int) bool {
		return pictures > 1 && n.Inputs()[0].Shape().Dim(axis) == pictures && w.onBatch(n.Inputs()[0], axis)
	}
	switch n.Type() {
	case NodeTypeReverse:
		return slices.ContainsFunc(numbers(n, "axes"), ofBatch)
	case NodeTypeSlice:
		for axis, size := range n.Shape().Dimensions {
			if size < pictures && ofBatch(axis) {
				return true
			}
		}
	}
	return false
}

func (w *Walk) reducesBatch(n *Node) bool {
	onBatch, in := w.onBatch, n.Inputs()
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
