package onnxnorm

// Softmax runs over one axis since opset 13; before, over all axes from the given
// one on (default 1), taken as one.
var _ = register("Softmax", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	rank := len(x.dims)
	if b.opset >= 13 {
		n.out = []*value{fromPlain(b.unary("Softmax", x, attrInt("axis", axis(n.intOr("axis", -1), rank))))}
		return
	}
	from := axis(n.intOr("axis", 1), rank)
	flat := b.reshape(x, size(x.dims[:from]), size(x.dims[from:]))
	n.out = []*value{fromPlain(b.reshape(b.unary("Softmax", flat, attrInt("axis", 1)), x.dims...))}
}, nil)
