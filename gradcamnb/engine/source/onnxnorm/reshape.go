package onnxnorm

import "slices"

var (
	_ = register("Reshape", func(b *builder, n *node) { b.view(n, b.reshapeDims(n)) },
		func(n *node) *tensor { return n.in[0].konst.reshape(reshapeDims(n)) })
	_ = register("Flatten", func(b *builder, n *node) { b.view(n, flattenDims(n)) },
		func(n *node) *tensor { return n.in[0].konst.reshape(flattenDims(n)) })
	_ = register("Squeeze", func(b *builder, n *node) { b.view(n, squeezeDims(n)) },
		func(n *node) *tensor { return n.in[0].konst.reshape(squeezeDims(n)) })
	_ = register("Unsqueeze", func(b *builder, n *node) { b.view(n, unsqueezeDims(n)) },
		func(n *node) *tensor { return n.in[0].konst.reshape(unsqueezeDims(n)) })
)

// view gives the values of the first input another shape.
func (b *builder) view(n *node, dims []int) {
	v := n.need(0)
	if isLast(v) && v.dims[2] == 1 && v.dims[3] == 1 {
		n.out = []*value{newFromPlain(b.reshape(v.last, dims...))} // the order is the same
		return
	}
	n.out = []*value{newFromPlain(b.reshape(b.plain(v), dims...))}
}

// reshapeDims resolves 0, which copies a dimension, and -1, which is inferred.
func reshapeDims(n *node) []int {
	in := n.need(0).dims
	want, ok := n.param(1, "shape")
	if !ok {
		failf("its shape is missing")
	}
	dims, infer, known := slices.Clone(want), -1, 1
	for i, d := range dims {
		switch {
		case d == 0 && n.intOr("allowzero", 0) == 0:
			if i >= len(in) {
				failf("its shape %v copies axis %d of an input of shape %v", want, i, in)
			}
			dims[i] = in[i]
		case d == -1:
			infer = i
			continue
		}
		known *= dims[i]
	}
	if infer >= 0 && known != 0 {
		dims[infer] = size(in) / known
	}
	if size(dims) != size(in) {
		failf("it cannot give an input of shape %v the shape %v: the file may be made for another input size or batch", in,
			want)
	}
	return dims
}

func flattenDims(n *node) []int {
	in := n.need(0).dims
	at := CountFromStart(n.intOr("axis", 1), len(in))
	return []int{size(in[:at]), size(in[at:])}
}

func squeezeDims(n *node) []int {
	in := n.need(0).dims
	drop, ok := n.param(1, "axes")
	if !ok {
		for i, d := range in {
			if d == 1 {
				drop = append(drop, i)
			}
		}
	}
	drop = axes(drop, len(in))
	for _, a := range drop {
		if in[a] != 1 {
			failf("it drops axis %d of the shape %v, which is not 1", a, in)
		}
	}
	return dropAxes(in, drop)
}

func unsqueezeDims(n *node) []int {
	in := n.need(0).dims
	add, ok := n.param(1, "axes")
	if !ok {
		failf("its axes are missing")
	}
	rank := len(in) + len(add)
	if rank > mostAxes {
		failf("it would make a tensor of %d axes, and %d are supported", rank, mostAxes)
	}
	add = axes(add, rank)
	out := make([]int, 0, rank)
	next := 0
	for i := range rank {
		if slices.Contains(add, i) {
			out = append(out, 1)
			continue
		}
		out = append(out, in[next])
		next++
	}
	return out
}
