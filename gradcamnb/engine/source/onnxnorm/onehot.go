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
	full := replaced(dims, at, depth)
	on := b.binary("Equal", b.spreadTo(b.counting(depth, rank-at), full),
		b.spreadTo(b.reshape(b.unary("Floor", index), dims...), full))
	n.out = []*value{newFromPlain(b.choose(on, b.part(values, 0, 1, 2), b.part(values, 0, 0, 1))).typed(n.in[2].dtype())}
}, nil)
