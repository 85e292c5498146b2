package onnxnorm

// Relu is max(0, x) with the constant first. GoMLX's gradient of Max gives a tie
// to its first operand, so this order has Relu'(0) = 0, as torch; onnx-gomlx's own
// Relu, max(x, 0), has Relu'(0) = 1.
var _ = register("Relu", func(b *builder, n *node) {
	n.out = []*value{b.each(n.need(0), func(x ref) ref { return b.emit("Max", x.dims, []ref{b.scalar(0), x}) })}
}, nil)
