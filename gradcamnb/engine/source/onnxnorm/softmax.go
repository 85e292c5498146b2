package onnxnorm

// Softmax runs over one axis since opset 13; before, over all axes from the given
// one on (default 1), taken as one.
var _ = register("Softmax", func(b *builder, n *node) {
	b.applyAlongSoftmax(n, func(x ref, at int) ref { return b.unary("Softmax", x, attrInt("axis", at)) })
}, nil)
