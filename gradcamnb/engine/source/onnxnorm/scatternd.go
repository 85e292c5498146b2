package onnxnorm

import "slices"

// ScatterND writes slices at index tuples over the first axes. It is computed here for constants: exporters write an
// assignment to a slice in this way, such as in the attention masks of Swin.
var _ = register("ScatterND", func(b *builder, n *node) {
	x, updates := b.plain(n.need(0)), b.plain(n.need(2))
	k := tuple(n.need(1).dims)
	places := b.joinIndices(n.in[1], x.dims)
	each := size(x.dims[k:])
	rows := size(places.dims)
	if size(updates.dims) != rows*each {
		failf("its updates have the shape %v, which does not fit %d places of %d values", updates.dims, rows, each)
	}
	y := b.scatterRows(n, b.reshape(x, size(x.dims[:k]), each), b.reshape(places, rows, 1), b.reshape(updates, rows, each))
	n.out = []*value{newFromPlain(b.reshape(y, x.dims...))}
}, func(n *node) *tensor {
	if n.stringOr("reduction", "none") != "none" {
		return nil
	}
	data, updates := n.in[0].konst, n.need(2).konst
	at, _ := flatIndices(n.need(1), data.dims)
	each := size(data.dims[tuple(n.in[1].dims):])
	if size(updates.dims) != len(at)*each || data.isInt != updates.isInt {
		failf("its updates have the shape %v, which does not fit %d places of %d values", updates.dims, len(at), each)
	}
	if data.isInt {
		return intTensor(data.dims, scatterInto(data.ints, at, each, updates.ints))
	}
	return floatTensor(data.dims, scatterInto(data.floats(), at, each, updates.floats()))
})

// joinIndices turns index tuples [..., k] over the first k axes of data into places in these axes joined into one, as
// whole numbers. Constant ones must lie in the data.
func (b *builder) joinIndices(index *value, data []int) ref {
	k := tuple(index.dims)
	if k < 1 || k > len(data) {
		failf("its indices have the shape %v, which does not fit data of the shape %v", index.dims, data)
	}
	if index.konst != nil {
		at, dims := flatIndices(index, data)
		return b.numeric(intTensor(dims, at))
	}
	last := len(index.dims) - 1
	i := b.plain(index)
	step := strides(data[:k])
	var sum ref
	for a := range k {
		part := b.countFromStart(b.sliceAxis(i, last, a, a+1), data[a])
		sum = b.addTo(sum, b.scaleBy(part, float32(step[a])))
	}
	return b.reshape(sum, index.dims[:last]...)
}

func scatterInto[T any](data []T, at []int64, each int, updates []T) []T {
	out := slices.Clone(data)
	for i, place := range at {
		copy(out[int(place)*each:][:each], updates[i*each:])
	}
	return out
}
