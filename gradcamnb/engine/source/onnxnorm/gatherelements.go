package onnxnorm

import "slices"

// GatherElements reads, at each place of its indices, the entry of one axis that the index
// names.
var _ = register("GatherElements", func(b *builder, n *node) {
	x, index := b.plain(n.need(0)), n.need(1)
	at := axis(n.intOr("axis", 0), len(x.dims))
	if len(index.dims) != len(x.dims) {
		failf("its indices have the shape %v, and its data %v", index.dims, x.dims)
	}
	for i, d := range index.dims {
		if i != at {
			x = b.sliceAxis(x, i, 0, min(d, x.dims[i]))
		}
	}
	n.out = []*value{newFromPlain(b.gatherElements(x, b.lookupIndices(index, x.dims[at]), at))}
}, nil)

func (b *builder) gatherElements(x, index ref, at int) ref {
	return b.emit("GatherElements", slices.Clone(index.dims), []ref{x, index}, attrInt("axis", at))
}

// lookupIndices returns a value as indices into an axis of the given length.
func (b *builder) lookupIndices(v *value, length int) ref {
	if v.konst != nil {
		return b.konst(wrap(v.konst, length))
	}
	return b.indices(b.plain(v))
}
