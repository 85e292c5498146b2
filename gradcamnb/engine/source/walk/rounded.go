package walk

import (
	"math"
	"reflect"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// workedOut returns the k-th of indices, of which there are size, if they are computed from their own number and from
// constants.
func workedOut(indices *Node, k, size int) (order []int, ok bool) {
	indices = skipShape(indices)
	if indices.Type() == NodeTypeConcatenate && k < len(indices.Inputs()) {
		indices = indices.Inputs()[k]
	}
	for i := range size {
		at, ok := indexAt(indices, i, size)
		if !ok {
			return nil, false
		}
		order = append(order, int(at))
	}
	return order, size > 0
}

// spans tells whether indices rise from one end of n elements to the other, as those of an interpolation do that takes
// width elements for each.
func spans(order []int, n, width int) bool {
	slack := math.Max(1, float64(n)/float64(len(order)))
	return slices.IsSorted(order) && float64(order[0]) <= slack && float64(n-width-order[len(order)-1]) <= slack
}

// unary and binary are the functions that indices are computed by.
var (
	unary = map[NodeType]func(x float64) float64{
		NodeTypeFloor: math.Floor, NodeTypeCeil: math.Ceil, NodeTypeRound: math.RoundToEven,
		NodeTypeNeg: func(x float64) float64 { return -x }, NodeTypeAbs: math.Abs, NodeTypeSqrt: math.Sqrt,
	}
	binary = map[NodeType]func(x, y float64) float64{
		NodeTypeMin: math.Min, NodeTypeMax: math.Max, NodeTypeRem: math.Mod, NodeTypePow: math.Pow,
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
		if x = f(a, b); n.DType().IsInt() {
			x = math.Trunc(x)
		}
		return x, isA && isB
	}
	switch n.Type() {
	case NodeTypeClamp: // of a minimum, a value and a maximum
		x, ok = indexAt(in[1], i, size)
		least, isLeast := indexAt(in[0], i, size)
		most, isMost := indexAt(in[2], i, size)
		return math.Min(math.Max(x, least), most), ok && isLeast && isMost
	case NodeTypeConstant:
		return element(n, i, size)
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
	return 0, false
}

// element returns the i-th of size numbers of a constant, or its only one.
func element(n *Node, i, size int) (x float64, ok bool) {
	t := n.ConstantValue()
	switch {
	case t == nil || !t.DType().IsInt() && !t.DType().IsFloat():
		return 0, false
	case t.DType().IsHalfPrecision():
		return scalar(n)
	case t.Size() == 1:
		i = 0
	case t.Size() != size:
		return 0, false
	}
	t.MustConstFlatData(func(flat any) {
		x = reflect.ValueOf(flat).Index(i).Convert(reflect.TypeFor[float64]()).Float()
	})
	return x, true
}
