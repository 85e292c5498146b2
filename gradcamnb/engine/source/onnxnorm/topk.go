package onnxnorm

// TopK returns the largest or smallest k entries of an axis and their places. The gradient goes to these entries.
var _ = register("TopK", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	rank := len(x.dims)
	at := axis(n.intOr("axis", -1), rank)
	k := n.intOr("k", 0)
	if n.input(1) != nil {
		k = int(n.number(1, "K", 0))
	}
	if k < 1 || k > x.dims[at] {
		failf("it takes %d entries of an axis of %d", k, x.dims[at])
	}
	dims := replaceDim(x.dims, at, k)
	b.count++
	values, places := ref{n.Output[0] + "%values", dims}, ref{n.Output[0] + "%places", dims}
	b.emitNode("TopK", []ref{x, b.ints(k)}, []ref{values, places}, attrInt("axis", at),
		attrInt("largest", n.intOr("largest", 1)))
	n.out = []*value{
		newFromPlain(b.gatherElements(x, places, at)),
		newFromPlain(b.indicesToNumbers(places)).setKind(whole),
	}
}, nil)
