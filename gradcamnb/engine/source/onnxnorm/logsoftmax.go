package onnxnorm

import "slices"

// LogSoftmax is x - max - log(SUM exp(x - max)), and Hardmax 1 at the first largest entry
// and 0 elsewhere, both over the axes of [Softmax].
var (
	_ = register("LogSoftmax", func(b *builder, n *node) { b.applyAlongSoftmax(n, b.logSoftmax) }, nil)
	_ = register("Hardmax", func(b *builder, n *node) {
		b.applyAlongSoftmax(n, func(x ref, at int) ref {
			return b.compare("Equal", b.broadcastTo(b.countAlong(x.dims[at], len(x.dims)-at), x.dims),
				b.broadcastTo(b.locateFirst("ArgMax", x, at), x.dims))
		})
	}, nil)
)

func (b *builder) logSoftmax(x ref, at int) ref {
	z := b.sub(x, b.reduceRef("ReduceMax", x, []int{at}))
	return b.sub(z, b.log(b.reduceRef("ReduceSum", b.exp(z), []int{at})))
}

// countAlong returns the numbers 0, 1, ..., length - 1 along the first axis of a tensor with this many axes.
func (b *builder) countAlong(length, axes int) ref {
	values := convert(countUp(length), func(i int) float32 { return float32(i) })
	return b.floats(replaceDim(slices.Repeat([]int{1}, axes), 0, length), values)
}

// applyAlongSoftmax applies f over one axis since opset 13. Before that, it applies f over all axes from the given one
// on (default 1), joined into one.
func (b *builder) applyAlongSoftmax(n *node, f func(x ref, at int) ref) {
	x := b.plain(n.need(0))
	rank := len(x.dims)
	if b.opset >= 13 {
		n.out = []*value{newFromPlain(f(x, axis(n.intOr("axis", -1), rank)))}
		return
	}
	from := axis(n.intOr("axis", 1), rank)
	flat := b.reshape(x, size(x.dims[:from]), size(x.dims[from:]))
	n.out = []*value{newFromPlain(b.reshape(f(flat, 1), x.dims...))}
}
