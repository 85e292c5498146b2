package onnxnorm

// CumSum and CumProd run along an axis in log2(length) steps. The steps combine each entry with the one 1, 2, 4, ...
// places before it.
var (
	_ = register("CumSum", func(b *builder, n *node) { b.scanAxis(n, "Add", 0) }, nil)
	_ = register("CumProd", func(b *builder, n *node) { b.scanAxis(n, "Mul", 1) }, nil)
)

func (b *builder) scanAxis(n *node, op string, nothing float32) {
	x := b.plain(n.need(0))
	at := axis(int(n.number(1, "axis", 0)), len(x.dims))
	back := n.intOr("reverse", 0) != 0
	if n.intOr("exclusive", 0) != 0 {
		x = b.shift(x, at, 1, back, nothing)
	}
	for step := 1; step < x.dims[at]; step *= 2 {
		x = b.binary(op, x, b.shift(x, at, step, back, nothing))
	}
	n.out = []*value{newFromPlain(x)}
}

// shift moves the entries of an axis up by some places, or down, and fills the places that become free.
func (b *builder) shift(x ref, at, by int, down bool, fill float32) ref {
	length := x.dims[at]
	before, after := make([]int, len(x.dims)), make([]int, len(x.dims))
	by = min(by, length)
	if down {
		after[at] = by
		return b.pad(b.sliceAxis(x, at, by, length), before, after, fill)
	}
	before[at] = by
	return b.pad(b.sliceAxis(x, at, 0, length-by), before, after, fill)
}
