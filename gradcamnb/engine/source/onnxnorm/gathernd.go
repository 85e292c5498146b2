package onnxnorm

import "slices"

// GatherND takes entries by constant index tuples [..., k] over the first k axes: as
// a Gather of the tensor with those axes made one.
var _ = register("GatherND", func(b *builder, n *node) {
	if n.intOr("batch_dims", 0) != 0 {
		failf("batch_dims is not supported")
	}
	x := b.plain(n.need(0))
	at, dims := flatIndices(n, x.dims)
	k := tuple(n.in[1].dims)
	flat := b.reshape(x, slices.Concat([]int{size(x.dims[:k])}, x.dims[k:])...)
	n.out = []*value{fromPlain(b.emit("Gather", slices.Concat(dims, x.dims[k:]), []ref{flat, b.konst(intTensor(dims, at))}, attrInt("axis", 0)))}
}, nil)

// tuple is the length of the index tuples in indices of the given dims.
func tuple(indices []int) int { return indices[len(indices)-1] }

// flatIndices turns the index tuples of the node's second input into indices of the
// first axes made one; dims are those of the indices without the tuples' axis.
func flatIndices(n *node, data []int) (at []int64, dims []int) {
	index := n.need(1)
	if index.konst == nil {
		failf("its indices are computed from the picture, and only constants are supported there")
	}
	if len(index.dims) == 0 || tuple(index.dims) > len(data) || tuple(index.dims) < 1 {
		failf("its indices have the shape %v, which does not fit data of the shape %v", index.dims, data)
	}
	k := tuple(index.dims)
	values := index.konst.asInts()
	for first := 0; first < len(values); first += k {
		flat := 0
		for a := range k {
			i := values[first+a]
			if i < -data[a] || i >= data[a] {
				failf("index %d is outside an axis of %d", i, data[a])
			}
			flat = flat*data[a] + (i+data[a])%data[a]
		}
		at = append(at, int64(flat))
	}
	return at, slices.Clone(index.dims[:len(index.dims)-1])
}
