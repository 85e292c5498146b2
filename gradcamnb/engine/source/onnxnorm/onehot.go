package onnxnorm

import "slices"

// OneHot replaces each index by an axis of values, one of them on and all others off.
var _ = register("OneHot", func(b *builder, n *node) {
	index, values := b.plain(n.need(0)), b.plain(n.need(2))
	depth := int(n.number(1, "depth", 0))
	if depth < 1 || size(values.dims) != 2 {
		failf("it makes %d entries of %d values", depth, size(values.dims))
	}
	rank := len(index.dims) + 1
	at := axis(n.intOr("axis", -1), rank)
	index = b.countFromStart(index, depth)
	dims := slices.Insert(slices.Clone(index.dims), at, 1)
	full := replaceDim(dims, at, depth)
	on := b.binary("Equal", b.broadcastTo(b.countAlong(depth, rank-at), full),
		b.broadcastTo(b.reshape(b.unary("Floor", index), dims...), full))
	chosen := b.choose(on, b.sliceAxis(values, 0, 1, 2), b.sliceAxis(values, 0, 0, 1))
	n.out = []*value{newFromPlain(chosen).setType(n.in[2].dtype())}
}, nil)
