package onnxnorm

// HardSigmoid is min(max(0, alpha*x + beta), 1), which onnx-gomlx does not know.
var _ = register("HardSigmoid", func(b *builder, n *node) {
	alpha, beta := n.floatOr("alpha", 0.2), n.floatOr("beta", 0.5)
	n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
		y := b.binary("Add", b.binary("Mul", x, b.scalar(alpha)), b.scalar(beta))
		return b.clipHigh(b.clipLow(y, 0), 1)
	})}
}, nil)
