package onnxnorm

// Clip is min(max(x, lo), hi), with the gradient 0 at both ends, as in torch's ReLU6.
var _ = register("Clip", func(b *builder, n *node) {
	lo, hasLo := bound(n, 1, "min")
	hi, hasHi := bound(n, 2, "max")
	n.out = []*value{b.each(n.need(0), func(x ref) ref {
		if hasLo {
			x = b.atLeast(x, lo)
		}
		if hasHi {
			x = b.atMost(x, hi)
		}
		return x
	})}
}, nil)

// bound returns a limit of Clip: an input since opset 11, an attribute before.
func bound(n *node, i int, name string) (float32, bool) {
	if v := n.input(i); v != nil {
		if v.konst == nil {
			failf("its limit %s is computed from the picture, and only a constant is supported there", name)
		}
		return v.konst.numbers()[0], true
	}
	if a := n.attr(name); a != nil {
		return a.F, true
	}
	return 0, false
}
