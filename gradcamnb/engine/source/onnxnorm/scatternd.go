package onnxnorm

import "slices"

// ScatterND of constants is computed here: it is how exporters write an assignment to
// a slice, as in the attention masks of Swin. Of what depends on the picture it is not
// supported.
var _ = register("ScatterND", func(_ *builder, _ *node) {
	failf("only constants are supported there, and this depends on the picture")
}, func(n *node) *tensor {
	if r := n.stringOr("reduction", "none"); r != "none" {
		failf("the reduction %q is not supported", r)
	}
	data, updates := n.in[0].konst, n.need(2).konst
	at, _ := flatIndices(n, data.dims)
	each := size(data.dims[tuple(n.in[1].dims):])
	if size(updates.dims) != len(at)*each || data.isInt != updates.isInt {
		failf("its updates have the shape %v, which does not fit %d places of %d values", updates.dims, len(at), each)
	}
	if data.isInt {
		return intTensor(data.dims, scattered(data.ints, at, each, updates.ints))
	}
	return floatTensor(data.dims, scattered(data.floats(), at, each, updates.floats()))
})

func scattered[T any](data []T, at []int64, each int, updates []T) []T {
	out := slices.Clone(data)
	for i, place := range at {
		copy(out[int(place)*each:][:each], updates[i*each:])
	}
	return out
}
