package walk

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Unstopped returns a rule that takes StopGradient out of a model: a backbone that a training leaves as it is is behind
// one, and the score's gradient through it, which a training has no need of, would be 0 where finite differences are
// not. Two are kept: that around the largest value that a softmax takes off, which changes nothing, and that of a
// straight-through estimator, x + StopGradient(q(x) - x), whose gradient is meant to be that of x.
func Unstopped(ends ...*Node) Rule {
	kept := map[*Node]bool{}
	for _, n := range inOrder(ends...) {
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
