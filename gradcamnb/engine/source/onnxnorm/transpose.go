package onnxnorm

import "slices"

// Transpose between the two picture layouts costs nothing: the wanted value is already there, or becomes the
// channels-last form of the output.
var _ = register("Transpose", func(b *builder, n *node) {
	v := n.need(0)
	perm := transposePerm(n)
	if isSpatial(v.dims) && slices.Equal(perm, inverse(channelsLast(4))) && !b.keepLayout {
		n.out = []*value{b.newFromLast(b.plain(v))}
		return
	}
	if isLast(v) {
		n.out = []*value{newFromPlain(b.transpose(v.last, moveAxesLast(perm, 4)))}
	} else {
		n.out = []*value{newFromPlain(b.transpose(b.plain(v), perm))}
	}
	n.out[0].tail = slices.Equal(perm, channelsLast(len(perm))) && isSpatial(v.dims)
}, func(n *node) *tensor { return n.in[0].konst.transpose(transposePerm(n)) })

func transposePerm(n *node) []int {
	rank := len(n.need(0).dims)
	reverse := countUp(rank)
	slices.Reverse(reverse)
	perm := n.intsOr("perm", reverse)
	if len(perm) != rank {
		failf("perm has %d numbers for a tensor of rank %d", len(perm), rank)
	}
	if sorted := slices.Sorted(slices.Values(perm)); !slices.Equal(sorted, countUp(rank)) {
		failf("perm %v does not order the axes of a tensor of rank %d", perm, rank)
	}
	return perm
}
