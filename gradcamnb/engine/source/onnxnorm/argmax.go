package onnxnorm

import "slices"

// ArgMax and ArgMin give the place of the largest or smallest entry of an axis. If several are equal, it is the first
// one or, with select_last_index, the last one.
var (
	_ = register("ArgMax", func(b *builder, n *node) { b.findExtreme(n, "ArgMax") }, nil)
	_ = register("ArgMin", func(b *builder, n *node) { b.findExtreme(n, "ArgMin") }, nil)
)

func (b *builder) findExtreme(n *node, op string) {
	x := b.plain(n.need(0))
	at := axis(n.intOr("axis", 0), len(x.dims))
	last := n.intOr("select_last_index", 0) != 0
	if last {
		x = b.reverse(x, at)
	}
	place := b.locateFirst(op, x, at)
	if last {
		place = b.sub(b.scalar(float32(x.dims[at]-1)), place)
	}
	if n.intOr("keepdims", 1) == 0 {
		place = b.reshape(place, dropAxes(place.dims, []int{at})...)
	}
	n.out = []*value{newFromPlain(place).setKind(whole)}
}

// locateFirst returns the place of the first of the largest or smallest entries of an axis. The axis is kept with
// length 1.
func (b *builder) locateFirst(op string, x ref, at int) ref {
	return b.indicesToNumbers(b.emit(op, replaceDim(x.dims, at, 1), []ref{x}, attrInt("axis", at), attrInt("keepdims", 1)))
}

// reverse reverses an axis.
func (b *builder) reverse(x ref, at int) ref {
	index := countUp(x.dims[at])
	slices.Reverse(index)
	return b.take(x, at, index)
}
