package onnxnorm

// MaxPool is a running maximum over shifted slices. A later cell replaces an
// earlier one only if it is greater, so a tie sends its whole gradient to the
// first cell in row-major order, as torch does; windows that are all zero after a
// Relu make such ties frequent. Dilations, ceil_mode and uneven pads come with it.
//
// Over more than two axes, and with the places as second output, it is [maxPoolGrid].
var _ = register("MaxPool", func(b *builder, n *node) {
	if len(n.Output) > 1 && n.Output[1] != "" {
		maxPoolGrid(b, n)
		return
	}
	inPlanes(1, maxPool, maxPoolGrid)(b, n)
}, nil)

func maxPool(b *builder, n *node) {
	v := n.need(0)
	w := newWindow(n, v.dims, n.intsOr("kernel_shape", nil))
	if w.coversAll() {
		n.out = []*value{b.newFromLast(b.reduceExtreme("ReduceMax", b.lastOf(v), []int{1, 2}, tiesFirst))}
		return
	}
	n.out = []*value{b.newFromLast(b.joinWindows(b.padLast(b.lastOf(v), w, negInf), w, b.firstMax))}
}

// firstMax returns max(x, y) whose gradient goes to x where they are equal.
func (b *builder) firstMax(x, y ref) ref {
	if !b.differentiable {
		return b.emit("Max", x.dims, []ref{x, y})
	}
	greater := b.emit("Greater", x.dims, []ref{y, x})
	return b.emit("Where", x.dims, []ref{greater, y, x})
}
