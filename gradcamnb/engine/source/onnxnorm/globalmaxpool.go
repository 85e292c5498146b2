package onnxnorm

// GlobalMaxPool is the largest value of every channel. The first of equal values gets the gradient, as in torch's
// adaptive pooling.
var _ = register("GlobalMaxPool", func(b *builder, n *node) {
	v := n.need(0)
	rank := len(v.dims)
	if rank < 3 {
		failf("its input has the shape %v and no positions", v.dims)
	}
	over := countUp(rank)[2:]
	if isSpatial(v.dims) {
		n.out = []*value{b.newFromLast(b.reduceExtreme("ReduceMax", b.moveChannelsLast(v), moveAxesLast(over, rank), tiesFirst))}
		return
	}
	n.out = []*value{newFromPlain(b.reduceExtreme("ReduceMax", b.plain(v), over, tiesFirst))}
}, nil)
