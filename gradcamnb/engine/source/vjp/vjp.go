// Package vjp puts gradients of its own in the place of GoMLX's where those of 0.28.8 are
// wrong, missing or slow; docs/upstream.md has the cases. They hold for the whole process, a
// training in it too: the values are what finite differences give.
//
// A vector-Jacobian product takes v, the gradient of the score S with respect to what a node
// gives, to the gradients with respect to the node's inputs.
package vjp

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// register puts a gradient in place of GoMLX's, or where it has none.
func register(t NodeType, f func(n, v *Node) []*Node) {
	VJPRegistration[t] = func(n *Node, v []*Node, _ shapes.Shape) []*Node { return f(n, v[0]) }
}
