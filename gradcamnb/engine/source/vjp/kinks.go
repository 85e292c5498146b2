package vjp

import (
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
	"github.com/gradcam-go/gradcam/internal/completed"
)

// These are the derivatives where the pieces of a function meet. Mathematically there is none, and GoMLX 0.28.8 takes
// another one there than torch, whose choice the numbers of the field were made with (docs/kinks.md). Explanations take
// torch's. Graphs of a training, which have other names, keep GoMLX's:
//
//	max(x, c), min(x, c)  at c: 0                          GoMLX: 1 or 0, by the order of the operands
//	max(a, b), min(a, b)  of equal ones: a half each       GoMLX: all to the first of max, to the second of min
//	x if x >= c, else f   at c: that of f, as leaky ReLU   GoMLX: 1
//	|x|                   at 0: 0                          GoMLX: 1
//	max over axes         of k equal ones: 1/k each        GoMLX: 1 each
func init() {
	replaceInExplanations(NodeTypeMax, extreme)
	replaceInExplanations(NodeTypeMin, extreme)
	replaceInExplanations(NodeTypeWhere, branch)
	replaceInExplanations(NodeTypeAbs, func(n, v *Node, _ func(n *Node) []*Node) []*Node {
		return []*Node{Mul(v, Sign(n.Inputs()[0]))}
	})
	replaceInExplanations(NodeTypeReduceMax, shareExtreme)
	replaceInExplanations(NodeTypeReduceMin, shareExtreme)
}

// replaceInExplanations replaces GoMLX's gradient of a type of node, in the graphs of explanations only. f gets GoMLX's
// own gradient as theirs.
func replaceInExplanations(t NodeType, f func(n, v *Node, theirs func(n *Node) []*Node) []*Node) {
	before := VJPRegistration[t]
	VJPRegistration[t] = func(n *Node, v []*Node, shape shapes.Shape) []*Node {
		theirs := func(n *Node) []*Node { return before(n, v, shape) }
		if !strings.HasPrefix(n.Graph().Name(), completed.PlainPrefix) || n.DType().IsComplex() {
			return theirs(n)
		}
		return f(n, v[0], theirs)
	}
}

// extreme returns the gradient of the larger or the smaller of two values.
func extreme(n, v *Node, theirs func(n *Node) []*Node) []*Node {
	a, b := n.Inputs()[0], n.Inputs()[1]
	beyond, again := GreaterThan, Max
	if n.Type() == NodeTypeMin {
		beyond, again = LessThan, Min
	}
	where := VJPRegistration[NodeTypeWhere]
	switch {
	case walk.IsNumber(b):
		return where(Where(beyond(a, b), a, b), []*Node{v}, shapes.Shape{})[1:]
	case walk.IsNumber(a):
		g := where(Where(beyond(b, a), b, a), []*Node{v}, shapes.Shape{})
		return []*Node{g[2], g[1]}
	}
	one, other := theirs(n), theirs(again(b, a))
	return []*Node{MulScalar(Add(one[0], other[1]), 0.5), MulScalar(Add(one[1], other[0]), 0.5)}
}

// branch returns the gradient of a selection. If it keeps values that are not less than a number, as GoMLX's leaky ReLU
// does, only those that are greater count as kept.
func branch(n, _ *Node, theirs func(n *Node) []*Node) []*Node {
	condition := n.Inputs()[0]
	if condition.Type() == NodeTypeGreaterOrEqual && condition.Inputs()[0] == n.Inputs()[1] &&
		walk.IsNumber(condition.Inputs()[1]) {
		return theirs(Where(GreaterThan(condition.Inputs()[0], condition.Inputs()[1]), n.Inputs()[1], n.Inputs()[2]))
	}
	return theirs(n)
}

// shareExtreme returns the gradient of an extreme over axes, in equal shares. GoMLX gives the whole to every cell that
// has it.
func shareExtreme(n, v *Node, theirs func(n *Node) []*Node) []*Node {
	x, axes := n.Inputs()[0], walk.ReducedAxes(n)
	kept := slices.Clone(x.Shape().Dimensions)
	for _, a := range axes {
		kept[a] = 1
	}
	equal := ConvertDType(Equal(x, BroadcastToShape(Reshape(n, kept...), x.Shape())), v.DType())
	return []*Node{Div(theirs(n)[0], ReduceAndKeep(equal, ReduceSum, axes...))}
}
