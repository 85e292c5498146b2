package onnxnorm

// layerNormParts builds LayerNormalization over more than the last axis, or with the mean and the reciprocal of the
// deviation as further outputs.
func (b *builder) layerNormParts(n *node) {
	x := b.plain(n.need(0))
	rank := len(x.dims)
	over := countUp(rank)[axis(n.intOr("axis", -1), rank):]
	mean := b.reduceRef("ReduceMean", x, over)
	centred := b.sub(x, mean)
	variance := b.reduceRef("ReduceMean", b.square(centred), over)
	inverse := b.div(b.scalar(1), b.root(b.offset(variance, n.floatOr("epsilon", 1e-5))))
	y := b.mul(b.mul(centred, inverse), b.plain(n.need(1)))
	if v := n.input(2); v != nil {
		y = b.add(y, b.plain(v))
	}
	n.out = []*value{markTail(newFromPlain(y), n.in[0]), newFromPlain(mean), newFromPlain(inverse)}
}
