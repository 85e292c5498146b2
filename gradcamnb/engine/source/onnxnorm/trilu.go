package onnxnorm

import "slices"

// Trilu keeps the upper or the lower triangle of matrices, from the k-th diagonal on.
var _ = register("Trilu", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	rank := len(x.dims)
	if rank < 2 {
		failf("its input has the shape %v and is no matrix", x.dims)
	}
	if size(x.dims) == 0 {
		identity(b, n)
		return
	}
	rows, columns := x.dims[rank-2], x.dims[rank-1]
	k := int(min(max(n.number(1, "k", 0), float64(-rows)), float64(columns))) // no diagonal lies farther off
	upper := n.intOr("upper", 1) != 0
	mask := make([]float32, 0, afford(rows*columns))
	for i := range rows {
		for j := range columns {
			keep := float32(0)
			if upper && j >= i+k || !upper && j <= i+k {
				keep = 1
			}
			mask = append(mask, keep)
		}
	}
	keep := b.broadcastTo(b.floats([]int{rows, columns}, mask), slices.Clone(x.dims))
	n.out = []*value{newFromPlain(b.choose(b.numberToTruth(keep), x, b.scalar(0)))}
}, nil)
