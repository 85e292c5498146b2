package onnxnorm

// RMSNormalization is x / sqrt(mean(x^2) + epsilon) * scale, over all axes from the given one on (Zhang and Sennrich
// 2019, equation 4).
var _ = register("RMSNormalization", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	rank := len(x.dims)
	over := countUp(rank)[axis(n.intOr("axis", -1), rank):]
	mean := b.reduceRef("ReduceMean", b.square(x), over)
	y := b.div(x, b.root(b.offset(mean, n.floatOr("epsilon", 1e-5))))
	n.out = []*value{markTail(newFromPlain(b.mul(y, b.plain(n.need(1)))), n.in[0])}
}, nil)

// MeanVarianceNormalization is (x - mean) / sqrt(variance + 1e-9) over axes.
var _ = register("MeanVarianceNormalization", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	over := axes(n.intsOr("axes", []int{0, 2, 3}), len(x.dims))
	n.out = []*value{newFromPlain(b.normaliseOver(x, over, 1e-9))}
}, nil)
