package vjp

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// These are gradients that GoMLX 0.28.8 does not have.
func init() {
	// 1/sqrt(x): -1/(2 x sqrt(x))
	register(NodeTypeRsqrt, func(n, v *Node) []*Node {
		return []*Node{MulScalar(Mul(v, Div(n, n.Inputs()[0])), -0.5)}
	})
	// e^x - 1: e^x
	register(NodeTypeExpm1, func(n, v *Node) []*Node { return []*Node{Mul(v, AddScalar(n, 1))} })
	// x between two numbers: 1 strictly between them, like torch.clamp in docs/kinks.md
	register(NodeTypeClamp, func(n, v *Node) []*Node {
		low, x, high := n.Inputs()[0], n.Inputs()[1], n.Inputs()[2]
		if !walk.IsNumber(low) || !walk.IsNumber(high) {
			return clampGradient(low, x, high, v)
		}
		return []*Node{nil, Where(And(GreaterThan(x, low), LessThan(x, high)), v, ZerosLike(v)), nil}
	})
}

// clampGradient returns the gradient of a clamp whose bounds are no constants: where x is cut off, it goes to the
// bound.
func clampGradient(low, x, high, v *Node) []*Node {
	to := func(bound, cut *Node) *Node {
		g := Where(cut, v, ZerosLike(v))
		if bound.IsScalar() {
			return ReduceAllSum(g)
		}
		return g
	}
	below, above := LessOrEqual(x, low), GreaterOrEqual(x, high)
	return []*Node{to(low, below), Where(Or(below, above), ZerosLike(v), v), to(high, above)}
}
