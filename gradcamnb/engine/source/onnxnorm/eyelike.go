package onnxnorm

import "slices"

// EyeLike is a matrix of ones on one diagonal, of the shape of its input.
var _ = register("EyeLike", func(_ *builder, n *node) {
	dims := n.need(0).dims
	if len(dims) != 2 || !isPlausible(dims) {
		failf("its input has the shape %v and is no matrix", dims)
	}
	values := make([]float32, afford(size(dims)))
	for i := range dims[0] {
		if j := i + n.intOr("k", 0); j >= 0 && j < dims[1] {
			values[i*dims[1]+j] = 1
		}
	}
	t := floatTensor(slices.Clone(dims), values)
	to := n.in[0].kind()
	if a := n.attr("dtype"); a != nil {
		to = lookupKind(typeNumbered(a.I))
	}
	if to != decimal {
		t = intTensor(t.dims, convert(values, func(v float32) int64 { return int64(v) }))
	}
	setConstant(n, t)
}, nil)
