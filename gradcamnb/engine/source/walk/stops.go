package walk

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// RemoveStops returns a rule that removes StopGradient from a model. A backbone that is not trained lies behind one,
// and the gradient of the score through it would be 0 although finite differences are not. Two kinds are kept: around
// the largest value that a softmax subtracts, where it changes nothing, and in a straight-through estimator, x +
// StopGradient(q(x) - x), whose gradient is meant to be that of x.
func RemoveStops(ends ...*Node) Rule {
	kept := map[*Node]bool{}
	for _, n := range sortNodes(ends...) {
		if n.Type() != NodeTypeAdd {
			continue
		}
		for i, in := range n.Inputs() {
			if other := n.Inputs()[1-i]; in.Type() == NodeTypeIdentity && in.Inputs()[0].Type() == NodeTypeSub &&
				in.Inputs()[0].Inputs()[1] == other {
				kept[in] = true
			}
		}
	}
	return func(n *Node, inputs []*Node) *Node {
		if n.Type() != NodeTypeIdentity || !n.StopGradient() || kept[n] ||
			skipNeutral(n.Inputs()[0]).Type() == NodeTypeReduceMax {
			return nil
		}
		return inputs[0]
	}
}
