package onnxnorm

// CausalConvWithState convolves each channel of a signal with the entries before it, which may begin with a state, and
// returns the last entries as the next state.
var _ = register("CausalConvWithState", func(b *builder, n *node) {
	x, k := b.plain(n.need(0)), n.need(1)
	if len(x.dims) != 3 || len(k.dims) != 3 || k.dims[0] != x.dims[1] || k.dims[1] != 1 {
		failf("its input has the shape %v and its kernel %v", x.dims, k.dims)
	}
	before := k.dims[2] - 1
	switch past := n.input(3); {
	case before == 0:
	case past != nil:
		x = b.join(2, b.plain(past), x)
	default:
		x = b.pad(x, []int{0, 0, before}, []int{0, 0, 0}, 0)
	}
	y := b.apply(n.withAttributes(attrInt("group", x.dims[1])), "Conv", []*value{newFromPlain(x), k, n.input(2)})
	if a := n.stringOr("activation", "none"); a == "silu" || a == "swish" {
		y = b.applyToEach(y, func(x ref) ref { return b.mul(x, b.unary("Sigmoid", x)) })
	}
	n.out = []*value{y}
	if len(n.Output) > 1 {
		if before == 0 {
			failf("its kernel has one entry, and it hands on a state of none")
		}
		n.out = append(n.out, newFromPlain(b.sliceAxis(x, 2, x.dims[2]-before, x.dims[2])))
	}
}, nil)
