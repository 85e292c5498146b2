package onnxnorm

// LRN divides by (bias + alpha/size * SUM x^2)^beta, with the sum over the size channels around each (Krizhevsky et al.
// 2012, section 3.3).
var _ = register("LRN", func(b *builder, n *node) {
	v := n.need(0)
	count := n.intOr("size", 0)
	if len(v.dims) < 2 || count < 1 {
		failf("its input has the shape %v, and it sums %d channels", v.dims, count)
	}
	x, at := b.plain(v), 1
	if isLast(v) {
		x, at = v.last, 3
	}
	channels := x.dims[at]
	before, after := make([]int, len(x.dims)), make([]int, len(x.dims))
	before[at], after[at] = (count-1)/2, count/2
	squares := b.pad(b.square(x), before, after, 0)
	var sum ref
	for i := range count {
		sum = b.addTo(sum, b.sliceAxis(squares, at, i, i+channels))
	}
	base := b.offset(b.scaleBy(sum, n.floatOr("alpha", 1e-4)/float32(count)), n.floatOr("bias", 1))
	y := b.div(x, b.exp(b.scaleBy(b.log(base), n.floatOr("beta", 0.75))))
	if isLast(v) {
		n.out = []*value{b.newFromLast(y)}
		return
	}
	n.out = []*value{newFromPlain(y)}
}, nil)
