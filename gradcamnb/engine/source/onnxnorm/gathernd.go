package onnxnorm

import "slices"

// GatherND takes entries by index tuples [..., k] over the first k axes after the batch_dims axes that data and indices
// share. It becomes a Gather from the tensor with these axes joined into one.
var _ = register("GatherND", func(b *builder, n *node) {
	x, index := b.plain(n.need(0)), n.need(1)
	shared := n.intOr("batch_dims", 0)
	if shared < 0 || len(index.dims) == 0 || shared >= len(index.dims) || shared > len(x.dims) {
		failf("its indices have the shape %v, which does not fit data of the shape %v with batch_dims %d", index.dims, x.dims,
			shared)
	}
	k := tuple(index.dims)
	batch := size(x.dims[:shared])
	rest := x.dims[shared:]
	places := b.joinIndices(index, rest)
	if shared > 0 {
		each := size(places.dims) / max(batch, 1)
		first := b.scaleBy(b.reshape(b.countAlong(batch, 1), batch, 1), float32(size(rest[:k])))
		places = b.reshape(b.add(b.reshape(places, batch, each), first), places.dims...)
	}
	flat := b.reshape(x, slices.Concat([]int{batch * size(rest[:k])}, rest[k:])...)
	n.out = []*value{newFromPlain(b.emit("Gather", slices.Concat(places.dims, rest[k:]), []ref{flat, b.indices(places)},
		attrInt("axis", 0)))}
}, nil)

// tuple returns the length of the index tuples in indices of the given dims.
func tuple(indices []int) int {
	if len(indices) == 0 {
		failf("its indices have no axis")
	}
	return indices[len(indices)-1]
}

// flatIndices turns constant index tuples into indices into the first axes of data, joined into one. dims are those of
// the indices without the axis of the tuples.
func flatIndices(index *value, data []int) (at []int64, dims []int) {
	if tuple(index.dims) > len(data) || tuple(index.dims) < 1 {
		failf("its indices have the shape %v, which does not fit data of the shape %v", index.dims, data)
	}
	k := tuple(index.dims)
	values := index.konst.toInts()
	for first := 0; first < len(values); first += k {
		flat := 0
		for a := range k {
			flat = flat*data[a] + wrapIndex(values[first+a], data[a])
		}
		at = append(at, int64(flat))
	}
	return at, slices.Clone(index.dims[:len(index.dims)-1])
}
