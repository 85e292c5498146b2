package source

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Gradients that GoMLX 0.28 lacks. Without them a gradient through one of these operators
// panics. They are the zero that torch takes: the operators are constant between their steps.
func init() {
	for _, t := range []NodeType{NodeTypeFloor, NodeTypeCeil, NodeTypeRound, NodeTypeSign, NodeTypeArgMinMax} {
		if VJPRegistration[t] == nil {
			VJPRegistration[t] = noGradient
		}
	}
	VJPRegistration[NodeTypeConvertDType] = convertGradient(VJPRegistration[NodeTypeConvertDType])
}

func noGradient(node *Node, _ []*Node, _ shapes.Shape) []*Node {
	return make([]*Node, len(node.Inputs()))
}

// convertGradient is the gradient of a conversion between types of floating point, and nothing
// through integers and truth values.
func convertGradient(between VJP) VJP {
	return func(node *Node, v []*Node, output shapes.Shape) []*Node {
		if !node.DType().IsFloat() || !node.Inputs()[0].DType().IsFloat() {
			return noGradient(node, v, output)
		}
		return between(node, v, output)
	}
}
