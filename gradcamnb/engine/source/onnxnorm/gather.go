package onnxnorm

import "slices"

// Gather takes entries along one axis by indices, constant or computed.
var _ = register("Gather", func(b *builder, n *node) {
	v, index := n.need(0), n.need(1)
	at := axis(n.intOr("axis", 0), len(v.dims))
	x := b.plain(v)
	if index.konst == nil {
		i := b.indices(b.countIndicesUp(index, v.dims[at]))
		n.out = []*value{newFromPlain(b.emit("Gather", gatherDims(x.dims, i.dims, at), []ref{x, i}, attrInt("axis", at)))}
		return
	}
	wrapped := wrap(index.konst, v.dims[at])
	if size(wrapped.dims) == 1 { // one entry is a slice, whose gradient is cheaper
		i := int(wrapped.ints[0])
		start, end := make([]int, len(x.dims)), slices.Clone(x.dims)
		start[at], end[at] = i, i+1
		one := b.slice(x, start, end, slices.Repeat([]int{1}, len(x.dims)))
		n.out = []*value{newFromPlain(b.reshape(one, gatherDims(x.dims, wrapped.dims, at)...))}
		return
	}
	n.out = []*value{newFromPlain(b.emit("Gather", gatherDims(x.dims, wrapped.dims, at), []ref{x, b.konst(wrapped)},
		attrInt("axis", at)))}
}, func(n *node) *tensor {
	t := n.in[0].konst
	if !t.isInt || len(t.dims) != 1 {
		return nil
	}
	index := wrap(n.in[1].konst, t.dims[0])
	return intTensor(index.dims, convert(index.ints, func(i int64) int64 { return t.ints[i] }))
})

func gatherDims(data, index []int, at int) []int {
	return slices.Concat(data[:at], index, data[at+1:])
}

// wrap counts negative indices from the end, and checks all.
func wrap(index *tensor, length int) *tensor {
	return intTensor(index.dims, convert(index.toInts(), func(i int) int64 { return int64(wrapIndex(i, length)) }))
}

func wrapIndex(i, length int) int {
	if i < -length || i >= length {
		failf("index %d is outside an axis of %d", i, length)
	}
	return CountFromStart(i, length)
}
