package onnxnorm

// Pad with a constant value; negative pads cut off.
var _ = register("Pad", func(b *builder, n *node) {
	if mode := n.stringOr("mode", "constant"); mode != "constant" {
		failf("mode %q is not supported", mode)
	}
	v := n.need(0)
	rank := len(v.dims)
	pads, ok := n.param(1, "pads")
	if !ok {
		pads, ok = n.param(9, "paddings") // opset 1
	}
	if !ok || n.input(3) != nil || len(pads) != 2*rank {
		failf("its pads %v do not give two values for each of %d axes", pads, rank)
	}
	fill := n.floatOr("value", 0)
	if f := n.input(2); f != nil {
		if f.konst == nil {
			failf("its value is computed from the picture, and only a constant is supported there")
		}
		fill = f.konst.floats()[0]
	}
	before, after := pads[:rank], pads[rank:]
	for _, p := range pads {
		if p < 0 {
			failf("negative pads %v are not supported", pads)
		}
	}
	if isLast(v) {
		p := channelsLast(4)
		n.out = []*value{b.fromLast(b.pad(v.last, permute(before, p), permute(after, p), fill))}
		return
	}
	n.out = []*value{fromPlain(b.pad(b.plain(v), before, after, fill))}
}, nil)
