package onnxnorm

import "slices"

// Split cuts a tensor into pieces along one axis, each a slice.
var _ = register("Split", func(b *builder, n *node) {
	v := n.need(0)
	rank := len(v.dims)
	at := axis(n.intOr("axis", 0), rank)
	if parts := n.intOr("num_outputs", len(n.Output)); parts != len(n.Output) {
		failf("it makes %d pieces and names %d", parts, len(n.Output))
	}
	sizes, ok := n.param(1, "split")
	if !ok {
		each := (v.dims[at] + len(n.Output) - 1) / len(n.Output)
		for left := v.dims[at]; left > 0; left -= each {
			sizes = append(sizes, min(each, left))
		}
		for len(sizes) < len(n.Output) { // nothing is left for the last ones
			sizes = append(sizes, 0)
		}
	}
	from, one := 0, slices.Repeat([]int{1}, rank)
	for _, s := range sizes {
		if s < 0 || s > v.dims[at]-from {
			failf("its pieces %v do not make up an axis of %d", sizes, v.dims[at])
		}
		start, end := make([]int, rank), slices.Clone(v.dims)
		start[at], end[at] = from, from+s
		from += s
		if isLast(v) {
			p := channelsLast(4)
			n.out = append(n.out, b.newFromLast(b.slice(v.last, permute(start, p), permute(end, p), one)))
			continue
		}
		n.out = append(n.out, newFromPlain(b.slice(b.plain(v), start, end, one)))
	}
	if from != v.dims[at] || len(sizes) != len(n.Output) {
		failf("its pieces %v do not make up an axis of %d", sizes, v.dims[at])
	}
}, nil)
