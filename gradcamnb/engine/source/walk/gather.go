package walk

import (
	"math"
	"reflect"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// gather takes the axes of its slices, and puts the axes that the indices run over in place of the others, as
// interpolation does with rows and columns.
func (t tracer) gather(n *Node, dims []int) axes {
	from, out := t.of[n.Inputs()[0]], unknown(dims)
	if from == nil {
		return out
	}
	offsets, collapsed := numbers(n, "offsetOutputAxes"), numbers(n, "collapsedSliceAxes")
	sizes, indexed := numbers(n, "sliceSizes"), numbers(n, "startIndexMap")
	k := 0
	for i, x := range from {
		if slices.Contains(collapsed, i) {
			continue
		}
		if sizes[i] == x.size() && k < len(offsets) {
			out[offsets[k]] = x
		}
		k++
	}
	k = 0
	for i := range dims {
		if !slices.Contains(offsets, i) && k < len(indexed) {
			out[i] = t.pick(n, k, indexed[k], dims[i])
			k++
		}
	}
	return out
}

// pick returns the axis of size elements that a Gather takes from an axis of its operand by the k-th number of its
// indices. The axis is cut if they follow each other at even steps, and resized if the indices say so, or are rounded
// and go from end to end, as an interpolation's do. The elements have moved if they come in another order, or in one
// that is not known.
func (t tracer) pick(n *Node, k, from, size int) axis {
	x, indices := t.of[n.Inputs()[0]][from], n.Inputs()[1]
	if !x.isPlane() && x.soleKind() != other {
		return x.resize(size)
	}
	order, isComputed := t.orderIn(n, k, size)
	switch {
	case isComputed && isRounded(indices) && spans(order, x.size(), numbers(n, "sliceSizes")[from]):
		return x.resize(size)
	case !isWithin(order, x.size()): // it is not known, or is not that of elements
	case isEven(order):
		step := 1
		if size > 1 {
			step = order[1] - order[0]
		}
		start, limit := order[0], order[size-1]+1
		if x.isPlane() {
			return piece{wholeAlong(n.Inputs()[0], from), x, start, limit, step}.cut(size)
		}
		return x.cut(start, limit, size)
	case isSpread(order, x.size()):
		return x.resize(size)
	}
	if x.isPlane() {
		return x.resize(size).move()
	}
	return plainAxis(other, size)
}

// orderIn returns the k-th numbers of the indices of a Gather, and whether they are computed and no constants; nil if
// they are not known.
func (t tracer) orderIn(n *Node, k, size int) (order []int, isComputed bool) {
	indices := n.Inputs()[1]
	if order, ok := orderOf(indices, number(n, "indexVectorAxis"), k); ok {
		return order, false
	}
	if t.of[indices] != nil {
		return nil, false
	}
	return workedOut(indices, k, size)
}

// orderOf returns the k-th numbers of indices along the k-th of their axes, if they are constants and do not depend on
// another axis.
func orderOf(indices *Node, vector, k int) (order []int, ok bool) {
	t := skipShape(indices).ConstantValue()
	if t == nil || t.DType().IsHalfPrecision() {
		return nil, false
	}
	dims := slices.Clone(indices.Shape().Dimensions)
	if vector == len(dims) {
		dims = append(dims, 1)
	}
	if vector != len(dims)-1 || len(dims)-1 != dims[vector] {
		return nil, false
	}
	order = make([]int, dims[k])
	seen := make([]bool, dims[k])
	ok = true
	t.MustConstFlatData(func(flat any) {
		values := reflect.ValueOf(flat)
		for i := k; ok && i < values.Len(); i += dims[vector] {
			at := i / dims[vector]
			for axis := len(dims) - 2; axis > k; axis-- {
				at /= dims[axis]
			}
			at %= dims[k]
			v := int(integer(values.Index(i)))
			ok = !seen[at] || order[at] == v
			order[at], seen[at] = v, true
		}
	})
	return order, ok
}

// integer returns a whole number of any type.
func integer(v reflect.Value) int64 {
	if v.CanUint() {
		return int64(min(v.Uint(), math.MaxInt64))
	}
	if v.CanFloat() {
		return int64(v.Float())
	}
	return v.Int()
}

// skipShape returns what a node holds before its shape and type were changed, with every element in its order, which
// [skipNeutral] does not keep.
func skipShape(n *Node) *Node {
	for n.Type() == NodeTypeReshape || n.Type() == NodeTypeConvertDType || n.Type() == NodeTypeIdentity {
		n = n.Inputs()[0]
	}
	return n
}

// isRounded tells whether a node is computed by rounding, as the places that an interpolation reads are.
func isRounded(n *Node) bool {
	return slices.ContainsFunc(sortNodes(n), func(of *Node) bool {
		return of.Type() == NodeTypeFloor || of.Type() == NodeTypeCeil || of.Type() == NodeTypeRound
	})
}

// isWithin tells whether there are numbers, and all count elements of a list of n.
func isWithin(order []int, n int) bool {
	return len(order) > 0 && slices.Min(order) >= 0 && slices.Max(order) < n
}

// isEven tells whether numbers rise at even steps.
func isEven(order []int) bool {
	for i := 1; i < len(order); i++ {
		if order[i] <= order[i-1] || order[i]-order[i-1] != order[1]-order[0] {
			return false
		}
	}
	return len(order) > 0
}

// isSpread tells whether numbers are those of the nearest of n neighbours that a resizing takes: by the middle of its
// cells, by where they begin, or from the first to the last.
func isSpread(order []int, n int) bool {
	step := float64(n) / float64(len(order))
	ends := float64(n-1) / math.Max(1, float64(len(order)-1))
	middle, begin, corners := true, true, true
	for i, at := range order {
		middle = middle && at == int((float64(i)+0.5)*step)
		begin = begin && at == int(float64(i)*step)
		corners = corners && at == int(math.Round(float64(i)*ends))
	}
	return middle || begin || corners
}
