package onnxnorm

// Clip is min(max(x, lo), hi), with the gradient 0 at both ends, as in torch's ReLU6. A limit that is computed takes
// the gradient of the cells beyond it, and none of a cell that is equal to it, as in torch's clamp to a tensor.
var _ = register("Clip", func(b *builder, n *node) {
	lo, hasLo := bound(n, 1, "min")
	hi, hasHi := bound(n, 2, "max")
	n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
		switch {
		case hasLo:
			x = b.clipLow(x, lo)
		case n.input(1) != nil:
			x = b.replaceBeyond("Less", x, n.in[1])
		}
		switch {
		case hasHi:
			x = b.clipHigh(x, hi)
		case n.input(2) != nil:
			x = b.replaceBeyond("Greater", x, n.in[2])
		}
		return x
	})}
}, nil)

// replaceBeyond returns x, or the limit, a single number, for the cells that are beyond it.
func (b *builder) replaceBeyond(beyond string, x ref, limit *value) ref {
	if size(limit.dims) != 1 {
		failf("one of its limits has the shape %v, and a single number is wanted", limit.dims)
	}
	l := b.reshape(b.plain(limit))
	return b.choose(b.binary(beyond, x, l), l, x)
}

// bound returns a limit of Clip that is a constant: an input since opset 11, an attribute before.
func bound(n *node, i int, name string) (float32, bool) {
	if v := n.input(i); v != nil {
		if v.konst == nil {
			return 0, false
		}
		return v.konst.numbers()[0], true
	}
	if a := n.attr(name); a != nil {
		return a.F, true
	}
	return 0, false
}
