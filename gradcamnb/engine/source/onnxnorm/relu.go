package onnxnorm

// Relu is max(x, 0). On XLA it is always written as a selection. A maximum with a number has only one large operand,
// and XLA computes such an operator again for each reader, with everything before it: the sums of ResNet's shortcuts
// once for every block that follows, which is a tenth of its time in a batch of 8. A selection has two large operands.
var _ = register("Relu", func(b *builder, n *node) {
	n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
		if b.pureGo {
			return b.clipLow(x, 0)
		}
		return b.selectUnless("LessOrEqual", x, 0)
	})}
}, nil)

// clipLow returns max(x, lo), with the gradient 0 where x = lo, as in torch's Relu.
//
// If a gradient is taken it is a selection, whose backward pass is one more selection. GoMLX's gradient of Max takes
// four passes over the data, and gives a tie to its first operand, which in onnx-gomlx's Relu is x. A NaN stays a NaN
// in both forms.
func (b *builder) clipLow(x ref, lo float32) ref {
	if b.differentiable {
		return b.selectUnless("LessOrEqual", x, lo)
	}
	return b.emit("Max", x.dims, []ref{x, b.scalar(lo)})
}

// clipHigh returns min(x, hi), with the gradient 0 where x = hi.
func (b *builder) clipHigh(x ref, hi float32) ref {
	if b.differentiable {
		return b.selectUnless("GreaterOrEqual", x, hi)
	}
	return b.emit("Min", x.dims, []ref{x, b.scalar(hi)})
}

// selectUnless returns x, or the limit where the comparison of x with it holds.
func (b *builder) selectUnless(comparison string, x ref, limit float32) ref {
	beyond := b.emit(comparison, x.dims, []ref{x, b.scalar(limit)})
	return b.emit("Where", x.dims, []ref{beyond, b.scalar(limit), x})
}
