package onnxnorm

var _ = register("Relu", func(b *builder, n *node) {
	n.out = []*value{b.each(n.need(0), func(x ref) ref { return b.atLeast(x, 0) })}
}, nil)

// atLeast is max(x, lo) with the gradient 0 where x = lo, as torch's Relu has it.
//
// Where a gradient is taken it is a selection, whose backward pass is one more:
// GoMLX's gradient of Max takes four passes over the data and gives a tie to its
// first operand, which in onnx-gomlx's Relu is x. A NaN stays a NaN in both forms.
func (b *builder) atLeast(x ref, lo float32) ref {
	if !b.differentiable {
		return b.emit("Max", x.dims, []ref{x, b.scalar(lo)})
	}
	below := b.emit("LessOrEqual", x.dims, []ref{x, b.scalar(lo)})
	return b.emit("Where", x.dims, []ref{below, b.scalar(lo), x})
}

// atMost is min(x, hi) with the gradient 0 where x = hi.
func (b *builder) atMost(x ref, hi float32) ref {
	if !b.differentiable {
		return b.emit("Min", x.dims, []ref{x, b.scalar(hi)})
	}
	above := b.emit("GreaterOrEqual", x.dims, []ref{x, b.scalar(hi)})
	return b.emit("Where", x.dims, []ref{above, b.scalar(hi), x})
}
