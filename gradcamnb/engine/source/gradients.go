package source

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// These are gradients that GoMLX 0.28 lacks; without them, a gradient through one of these operators panics. They are
// zero, as in torch: the operators are constant between their steps.
func init() {
	for _, t := range []NodeType{
		NodeTypeFloor, NodeTypeCeil, NodeTypeRound, NodeTypeSign, NodeTypeArgMinMax, NodeTypeIsFinite, NodeTypeIsNaN,
		NodeTypeEqual, NodeTypeNotEqual, NodeTypeGreaterThan, NodeTypeGreaterOrEqual, NodeTypeLessThan, NodeTypeLessOrEqual,
	} {
		if VJPRegistration[t] == nil {
			VJPRegistration[t] = zeroGradients
		}
	}
	if VJPRegistration[NodeTypeIdentity] == nil {
		VJPRegistration[NodeTypeIdentity] = func(_ *Node, v []*Node, _ shapes.Shape) []*Node { return v }
	}
	VJPRegistration[NodeTypeConvertDType] = convertGradient(VJPRegistration[NodeTypeConvertDType])
}

func zeroGradients(node *Node, _ []*Node, _ shapes.Shape) []*Node {
	return make([]*Node, len(node.Inputs()))
}

// convertGradient returns the gradient of a conversion between floating-point types, complex ones included. Nothing
// passes through integers and truth values.
func convertGradient(between VJP) VJP {
	return func(node *Node, v []*Node, output shapes.Shape) []*Node {
		discrete := func(t dtypes.DType) bool { return !t.IsFloat() && !t.IsComplex() }
		if discrete(node.DType()) || discrete(node.Inputs()[0].DType()) {
			return zeroGradients(node, v, output)
		}
		return between(node, v, output)
	}
}
