package onnxnorm

import "slices"

var (
	_ = register("ReduceMean", reduce, nil)
	_ = register("ReduceSum", reduce, nil)
	_ = register("ReduceMax", reduce, nil)
	_ = register("ReduceMin", reduce, nil)
	_ = register("ReduceL2", reduce, nil)
)

// reduce takes the axes from an attribute or an input, as the opset has it, and
// works on the layout it is given.
func reduce(b *builder, n *node) {
	v := n.need(0)
	rank := len(v.dims)
	asked, _ := n.param(1, "axes")
	over := asked
	if len(over) == 0 {
		if n.intOr("noop_with_empty_axes", 0) != 0 {
			identity(b, n)
			return
		}
		over = ascending(rank)
	}
	over = axes(over, rank)
	keep := n.intOr("keepdims", 1) != 0

	f := func(x ref, over []int) ref { return b.reduceRef(n.OpType, x, over) }
	if n.OpType == "ReduceMax" || n.OpType == "ReduceMin" {
		t := tiesOf(n, asked, rank)
		f = func(x ref, over []int) ref { return b.reduceExtreme(n.OpType, x, over, t) }
	}
	if isLast(v) {
		kept := f(v.last, lastAxes(over, rank))
		out := b.fromLast(kept)
		if !keep {
			out = fromPlain(b.reshape(b.plain(out), without(out.dims, over)...))
		}
		n.out = []*value{out}
		return
	}
	x := f(b.plain(v), over)
	if !keep {
		n.out = []*value{fromPlain(b.reshape(x, without(x.dims, over)...))}
		return
	}
	n.out = []*value{inTail(fromPlain(x), v)}
}

// reduceRef reduces and keeps the reduced axes as ones.
func (b *builder) reduceRef(op string, x ref, over []int) ref {
	if op == "ReduceL2" { // the root of the sum of squares
		return b.root(b.reduceRef("ReduceSum", b.binary("Mul", x, x), over))
	}
	dims := slices.Clone(x.dims)
	for _, a := range over {
		dims[a] = 1
	}
	return b.emit(op, dims, []ref{x, b.ints(over...)}, attrInt("keepdims", 1))
}

// without drops the named axes.
func without(dims, drop []int) []int {
	out := []int{}
	for i, d := range dims {
		if !slices.Contains(drop, i) {
			out = append(out, d)
		}
	}
	return out
}
