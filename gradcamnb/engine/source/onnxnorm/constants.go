package onnxnorm

import "slices"

// These operators make constants, once every shape is known.

var (
	_ = register("Constant", nil, constant)
	_ = register("Shape", shapeOf, nil)
	_ = register("Size", func(_ *builder, n *node) { setConstant(n, intTensor(nil, []int64{int64(size(n.need(0).dims))})) }, nil)
	_ = register("Where", where, foldWhere)
)

func setConstant(n *node, t *tensor) { n.out = []*value{{dims: t.dims, konst: t}} }

func constant(n *node) *tensor {
	a := n.attr("value")
	switch {
	case a != nil && a.T != nil:
		t, err := decode(a.T, rawData(a.T))
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

// shapeOf is the rule of Shape, with start and end (opset 15).
func shapeOf(_ *builder, n *node) {
	dims := n.need(0).dims
	from, to := n.intOr("start", 0), n.intOr("end", len(dims))
	place := func(i int) int { return min(max(CountFromStart(i, len(dims)), 0), len(dims)) }
	from, to = place(from), place(to)
	out := convert(dims[from:max(from, to)], func(d int) int64 { return int64(d) })
	setConstant(n, intTensor([]int{len(out)}, out))
}

const (
	protoFloat  = 1
	protoDouble = 11
	protoBool   = 9
	protoHalf   = 10
	protoInt    = 7
)

func where(b *builder, n *node) {
	c, x, y := b.plain(n.need(0)), b.plain(n.need(1)), b.plain(n.need(2))
	n.out = []*value{newFromPlain(b.choose(b.numberToTruth(c), x, y)).setType(n.in[1].dtype())}
}

func foldWhere(n *node) *tensor {
	c, x, y := n.in[0].konst, n.in[1].konst, n.in[2].konst
	dims, ok := broadcast(x.dims, y.dims)
	if ok {
		dims, ok = broadcast(dims, c.dims)
	}
	if !ok || !c.isInt || x.isInt != y.isInt || !foldsHere(dims, x.isInt) {
		return nil
	}
	cond := broadcastValues(c.ints, c.dims, dims)
	if x.isInt {
		yes, no := broadcastValues(x.ints, x.dims, dims), broadcastValues(y.ints, y.dims, dims)
		return intTensor(dims, selectValues(cond, yes, no))
	}
	return floatTensor(dims, selectValues(cond, broadcastValues(x.floats(), x.dims, dims),
		broadcastValues(y.floats(), y.dims, dims)))
}

func selectValues[T any](cond []int64, yes, no []T) []T {
	out := slices.Clone(no)
	for i, c := range cond {
		if c != 0 {
			out[i] = yes[i]
		}
	}
	return out
}
