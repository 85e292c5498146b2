package walk

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// IsRelu tells whether a node is max(x, 0), also if it is written as a selection, and which of its inputs x is.
func IsRelu(n *Node) (x int, ok bool) {
	in := n.Inputs()
	switch n.Type() {
	case NodeTypeMax:
		for i := range in {
			if isScalar(skipNeutral(in[i]), 0) {
				return 1 - i, true
			}
		}
	case NodeTypeWhere:
		condition, kept := in[0], map[NodeType]int{NodeTypeGreaterThan: 1, NodeTypeLessOrEqual: 2}[in[0].Type()]
		return kept, kept > 0 && condition.Inputs()[0] == in[kept] &&
			isScalar(skipNeutral(condition.Inputs()[1]), 0) && isScalar(skipNeutral(in[3-kept]), 0)
	}
	return 0, false
}

// IsNumber tells whether a node is one constant number, broadcast or not.
func IsNumber(n *Node) bool {
	n = skipNeutral(n)
	return n.Type() == NodeTypeConstant && n.Shape().Size() == 1
}

// isScalar tells whether a node is a constant with the one value want.
func isScalar(n *Node, want float64) bool {
	x, ok := scalar(n)
	return ok && x == want
}

// scalar returns the one value of a constant; ok is false for any other node.
func scalar(n *Node) (x float64, ok bool) {
	t := n.ConstantValue()
	if t == nil || t.Size() != 1 {
		return 0, false
	}
	switch n.DType() {
	case dtypes.Float32:
		return float64(tensors.MustCopyFlatData[float32](t)[0]), true
	case dtypes.Float64:
		return tensors.MustCopyFlatData[float64](t)[0], true
	case dtypes.Float16, dtypes.BFloat16:
		if f, ok := t.Value().(interface{ Float32() float32 }); ok {
			return float64(f.Float32()), true
		}
	}
	return 0, false
}

// numberOf returns the value of a node that is one constant number, or the difference or quotient of two.
func numberOf(n *Node) (x float64, ok bool) {
	n = skipNeutral(n)
	if n.Type() != NodeTypeSub && n.Type() != NodeTypeDiv {
		return scalar(n)
	}
	a, isA := numberOf(n.Inputs()[0])
	b, isB := numberOf(n.Inputs()[1])
	if n.Type() == NodeTypeDiv {
		return a / b, isA && isB
	}
	return a - b, isA && isB
}
