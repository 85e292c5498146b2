// Package vjp replaces gradients of GoMLX 0.28.8 that are wrong, missing or slow; docs/upstream.md has the cases. They
// are replaced for the whole process, and so for a training in it, too: their values are what finite differences give.
// Only the derivatives at kinks are replaced in explanations alone.
//
// A vector-Jacobian product takes v, the gradient of the score S with respect to a node's output, to the gradients with
// respect to the node's inputs.
package vjp

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// register replaces GoMLX's gradient of a type of node, or adds one if GoMLX has none.
func register(t NodeType, f func(n, v *Node) []*Node) {
	VJPRegistration[t] = func(n *Node, v []*Node, _ shapes.Shape) []*Node { return f(n, v[0]) }
}
