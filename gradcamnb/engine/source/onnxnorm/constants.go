package onnxnorm

import "slices"

// Operators that make constants, once every shape is known.

var (
	_ = register("Constant", nil, constant)
	_ = register("Shape", shapeOf, nil)
	_ = register("Size", func(_ *builder, n *node) { known(n, intTensor(nil, []int64{int64(size(n.need(0).dims))})) }, nil)
	_ = register("ConstantOfShape", nil, constantOfShape)
	_ = register("Range", nil, rangeOf)
	_ = register("Cast", cast, foldCast)
	_ = register("Where", where, foldWhere)
)

func known(n *node, t *tensor) { n.out = []*value{{dims: t.dims, konst: t}} }

func constant(n *node) *tensor {
	a := n.attr("value")
	switch {
	case a != nil && a.T != nil:
		t, err := decode(a.T, inGraph(a.T))
		if err != nil {
			failf("%w", err)
		}
		t.origin = n.Output[0]
		return t
	case n.attr("value_int") != nil:
		return intTensor(nil, []int64{n.attr("value_int").I})
	case n.attr("value_ints") != nil:
		v := n.attr("value_ints").Ints
		return intTensor([]int{len(v)}, v)
	case n.attr("value_float") != nil:
		return floatTensor(nil, []float32{n.attr("value_float").F})
	case n.attr("value_floats") != nil:
		v := n.attr("value_floats").Floats
		return floatTensor([]int{len(v)}, v)
	}
	failf("it holds no number")
	return nil
}

// shapeOf honours Shape's start and end (opset 15).
func shapeOf(_ *builder, n *node) {
	dims := n.need(0).dims
	from, to := n.intOr("start", 0), n.intOr("end", len(dims))
	place := func(i int) int {
		if i < 0 {
			i += len(dims)
		}
		return min(max(i, 0), len(dims))
	}
	from, to = place(from), place(to)
	out := convert(dims[from:max(from, to)], func(d int) int64 { return int64(d) })
	known(n, intTensor([]int{len(out)}, out))
}

func constantOfShape(n *node) *tensor {
	dims := n.in[0].konst.asInts()
	if !plausible(dims) || size(dims) > foldLimit {
		failf("a constant of shape %v is too large", dims)
	}
	one := floatTensor([]int{1}, []float32{0})
	if a := n.attr("value"); a != nil {
		t, err := decode(a.T, inGraph(a.T))
		if err != nil {
			failf("%w", err)
		}
		one = t
	}
	if one.isInt {
		return intTensor(dims, broadcastValues(one.ints, []int{1}, dims))
	}
	return floatTensor(dims, broadcastValues(one.floats(), []int{1}, dims))
}

func rangeOf(n *node) *tensor {
	if !n.in[0].konst.isInt {
		failf("only integers are supported")
	}
	from, to, step := n.in[0].konst.ints[0], n.in[1].konst.ints[0], n.in[2].konst.ints[0]
	var out []int64
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		out = append(out, i)
		if len(out) > foldLimit {
			failf("a range from %d to %d is too long", from, to)
		}
	}
	return intTensor([]int{len(out)}, out)
}

const (
	protoFloat  = 1
	protoDouble = 11
	protoBool   = 9
	protoHalf   = 10
)

func toFloat(n *node) bool {
	to := n.intOr("to", protoFloat)
	return to == protoFloat || to == protoDouble || to == protoHalf
}

// cast of a value that is not constant is from float to float, which is nothing, or
// to truth values.
func cast(b *builder, n *node) {
	switch {
	case toFloat(n):
		identity(b, n)
	case n.intOr("to", 0) == protoBool:
		x := b.plain(n.need(0))
		n.out = []*value{fromPlain(b.emit("Cast", x.dims, []ref{x}, attrInt("to", protoBool)))}
	default:
		failf("a cast of what is computed from the picture to integers is not supported")
	}
}

func foldCast(n *node) *tensor {
	t := n.in[0].konst
	switch {
	case toFloat(n) && t.isInt:
		return floatTensor(t.dims, convert(t.ints, func(v int64) float32 { return float32(v) }))
	case toFloat(n):
		return t
	}
	out := intTensor(t.dims, convert(t.asInts(), func(v int) int64 { return int64(v) }))
	if n.intOr("to", 0) == protoBool {
		for i, v := range out.ints {
			if v != 0 {
				out.ints[i] = 1
			}
		}
	}
	return out
}

func where(b *builder, n *node) {
	c, x, y := b.plain(n.need(0)), b.plain(n.need(1)), b.plain(n.need(2))
	dims, ok := broadcast(x.dims, y.dims)
	if ok {
		dims, ok = broadcast(dims, c.dims)
	}
	if !ok {
		failf("the shapes %v, %v and %v do not broadcast", c.dims, x.dims, y.dims)
	}
	if n.in[0].konst != nil { // which is kept as integers
		c = b.emit("Cast", c.dims, []ref{c}, attrInt("to", protoBool))
	}
	n.out = []*value{fromPlain(b.emit("Where", dims, []ref{c, x, y}))}
}

func foldWhere(n *node) *tensor {
	c, x, y := n.in[0].konst, n.in[1].konst, n.in[2].konst
	dims, ok := broadcast(x.dims, y.dims)
	if ok {
		dims, ok = broadcast(dims, c.dims)
	}
	if !ok || !c.isInt || x.isInt != y.isInt || size(dims) > foldLimit {
		return nil
	}
	cond := broadcastValues(c.ints, c.dims, dims)
	if x.isInt {
		return intTensor(dims, chosen(cond, broadcastValues(x.ints, x.dims, dims), broadcastValues(y.ints, y.dims, dims)))
	}
	return floatTensor(dims, chosen(cond, broadcastValues(x.floats(), x.dims, dims), broadcastValues(y.floats(), y.dims, dims)))
}

func chosen[T any](cond []int64, yes, no []T) []T {
	out := slices.Clone(no)
	for i, c := range cond {
		if c != 0 {
			out[i] = yes[i]
		}
	}
	return out
}
