package onnxnorm

// LayerNormalization is left as it is; its gradient is right on both backends.
var _ = register("LayerNormalization", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	in := []ref{x, b.plain(n.need(1))}
	if v := n.input(2); v != nil {
		in = append(in, b.plain(v))
	}
	n.out = []*value{inTail(fromPlain(b.emit("LayerNormalization", x.dims, in, n.Attribute...)), n.in[0])}
}, nil)
