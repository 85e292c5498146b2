package walk

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// spans tells whether the k-th of rounded indices, of which there are size, rise from one end of n elements to the
// other, as an interpolation's do that takes width elements for each. It is true, too, if they cannot be worked out.
func spans(indices *Node, k, size, n, width int) bool {
	indices = skipShape(indices)
	if indices.Type() == NodeTypeConcatenate && k < len(indices.Inputs()) {
		indices = indices.Inputs()[k]
	}
	slack := math.Max(1, float64(n)/float64(size))
	last := 0.
	for i := range size {
		at, ok := indexAt(indices, i, size)
		switch {
		case !ok:
			return true
		case at < last || i == 0 && at > slack:
			return false
		}
		last = at
	}
	return float64(n-width)-last <= slack
}

// unary and binary are the functions that indices are computed by.
var (
	unary = map[NodeType]func(x float64) float64{
		NodeTypeFloor: math.Floor, NodeTypeCeil: math.Ceil, NodeTypeRound: math.RoundToEven,
		NodeTypeNeg: func(x float64) float64 { return -x },
	}
	binary = map[NodeType]func(x, y float64) float64{
		NodeTypeMin: math.Min, NodeTypeMax: math.Max,
		NodeTypeAdd: func(x, y float64) float64 { return x + y }, NodeTypeSub: func(x, y float64) float64 { return x - y },
		NodeTypeMul: func(x, y float64) float64 { return x * y }, NodeTypeDiv: func(x, y float64) float64 { return x / y },
	}
)

// indexAt returns the i-th element of a list of size numbers that a node is made of, by the number i and others alone;
// ok is false if it is made in another way.
func indexAt(n *Node, i, size int) (x float64, ok bool) {
	in := n.Inputs()
	if f := unary[n.Type()]; f != nil {
		x, ok = indexAt(in[0], i, size)
		return f(x), ok
	}
	if f := binary[n.Type()]; f != nil {
		a, isA := indexAt(in[0], i, size)
		b, isB := indexAt(in[1], i, size)
		return f(a, b), isA && isB
	}
	switch n.Type() {
	case NodeTypeIota:
		return float64(i), n.Shape().Size() == size
	case NodeTypeConvertDType:
		x, ok = indexAt(in[0], i, size)
		if n.DType().IsInt() {
			x = math.Trunc(x)
		}
		return x, ok
	case NodeTypeReshape, NodeTypeBroadcastInDim, NodeTypeIdentity:
		return indexAt(in[0], i, size)
	}
	return scalar(n)
}
