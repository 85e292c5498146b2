package onnxnorm

// MaxPool is a running maximum over shifted slices. A later cell replaces an earlier one only if it is greater, so in a
// tie the first cell in row-major order gets the whole gradient, as in torch. Such ties are frequent: after a Relu many
// windows are all zero. Dilations, ceil_mode and uneven pads are supported.
//
// With more than two axes, or with the places as second output, it is [maxPoolGrid].
var _ = register("MaxPool", func(b *builder, n *node) {
	if len(n.Output) > 1 && n.Output[1] != "" {
		maxPoolGrid(b, n)
		return
	}
	makePlanesRule(1, maxPool, maxPoolGrid)(b, n)
}, nil)

func maxPool(b *builder, n *node) {
	v := n.need(0)
	w := newWindow(n, v.dims, n.intsOr("kernel_shape", nil))
	if w.coversAll() {
		n.out = []*value{b.newFromLast(b.reduceExtreme("ReduceMax", b.moveChannelsLast(v), []int{1, 2}, tiesFirst))}
		return
	}
	n.out = []*value{b.newFromLast(b.joinWindows(b.padLast(b.moveChannelsLast(v), w, negInf), w, b.maxOrFirst))}
}

// maxOrFirst returns max(x, y). If they are equal, the gradient goes to x.
func (b *builder) maxOrFirst(x, y ref) ref {
	if !b.differentiable {
		return b.emit("Max", x.dims, []ref{x, y})
	}
	greater := b.emit("Greater", x.dims, []ref{y, x})
	return b.emit("Where", x.dims, []ref{greater, y, x})
}
