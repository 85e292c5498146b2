package onnxnorm

// Softmax runs over one axis since opset 13. Before that, it runs over all axes from the given one on (default 1),
// joined into one.
var _ = register("Softmax", func(b *builder, n *node) {
	b.applyAlongSoftmax(n, func(x ref, at int) ref { return b.unary("Softmax", x, attrInt("axis", at)) })
}, nil)
