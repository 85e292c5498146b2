package onnxnorm

// Clip is min(max(lo, x), hi), ordered so that GoMLX's gradient is 0 at both ends,
// as torch's ReLU6 (hardtanh) has it: Max gives a tie to its first operand and Min
// to its second.
var _ = register("Clip", func(b *builder, n *node) {
	lo, hasLo := bound(n, 1, "min")
	hi, hasHi := bound(n, 2, "max")
	n.out = []*value{b.each(n.need(0), func(x ref) ref {
		if hasLo {
			x = b.emit("Max", x.dims, []ref{b.scalar(lo), x})
		}
		if hasHi {
			x = b.emit("Min", x.dims, []ref{x, b.scalar(hi)})
		}
		return x
	})}
}, nil)

// bound is a limit of Clip: an input since opset 11, an attribute before.
func bound(n *node, i int, name string) (float32, bool) {
	if v := n.input(i); v != nil {
		if v.konst == nil {
			failf("its limit %s is computed from the picture, and only a constant is supported there", name)
		}
		return v.konst.floats()[0], true
	}
	if a := n.attr(name); a != nil {
		return a.F, true
	}
	return 0, false
}
