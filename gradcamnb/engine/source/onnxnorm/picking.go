package onnxnorm

import "slices"

// These operators pick entries by constants. The determinant is here, too.
var (
	// Compress keeps the entries of an axis, or of the flat tensor, where its condition holds.
	_ = register("Compress", func(b *builder, n *node) {
		x := b.plain(n.need(0))
		at := 0
		if n.attr("axis") == nil {
			x = b.reshape(x, size(x.dims))
		} else {
			at = axis(n.intOr("axis", 0), len(x.dims))
		}
		var index []int
		for i, v := range n.constantInput(1, "condition").toInts() {
			if v != 0 {
				index = append(index, i)
			}
		}
		if len(index) == 0 {
			failf("it keeps nothing")
		}
		n.out = []*value{newFromPlain(b.take(x, at, index))}
	}, nil)

	// ReverseSequence reverses the first entries of each sequence, up to its length.
	_ = register("ReverseSequence", func(b *builder, n *node) {
		x := b.plain(n.need(0))
		lengths := n.constantInput(1, "sequence_lens").toInts()
		batch, time := n.intOr("batch_axis", 1), n.intOr("time_axis", 0)
		if batch+time != 1 || len(x.dims) < 2 || len(lengths) != x.dims[batch] {
			failf("its input has the shape %v, and its lengths are %v", x.dims, lengths)
		}
		var parts []ref
		for i, l := range lengths {
			index := countUp(x.dims[time])
			slices.Reverse(index[:min(l, len(index))])
			parts = append(parts, b.take(b.sliceAxis(x, batch, i, i+1), time, index))
		}
		n.out = []*value{newFromPlain(b.join(batch, parts...))}
	}, nil)

	// CenterCropPad cuts or pads axes to a length, the same at both ends.
	_ = register("CenterCropPad", func(b *builder, n *node) {
		x := b.plain(n.need(0))
		want := n.constantInput(1, "shape").toInts()
		along := countUp(len(x.dims))
		if n.attr("axes") != nil {
			along = axes(n.intsOr("axes", nil), len(x.dims))
		}
		if len(want) != len(along) {
			failf("its shape %v does not fit the axes %v", want, along)
		}
		before, after := make([]int, len(x.dims)), make([]int, len(x.dims))
		for i, a := range along {
			more := want[i] - x.dims[a]
			before[a] = more / 2 // rounded towards zero, also for a negative number
			after[a] = more - before[a]
		}
		n.out = []*value{newFromPlain(b.padWith(x, before, after, 0))}
	}, nil)

	// Det is the determinant of matrices of up to 6 rows.
	_ = register("Det", func(b *builder, n *node) {
		x := b.plain(n.need(0))
		rank := len(x.dims)
		if rank < 2 || x.dims[rank-1] != x.dims[rank-2] {
			failf("its input has the shape %v and is no square matrix", x.dims)
		}
		n.out = []*value{newFromPlain(b.reshape(b.determinant(x), x.dims[:rank-2]...))}
	}, nil)

	_ = register("TensorScatter", tensorScatter, nil)
)

// determinant expands along the first row: det = SUM (-1)^j a[0, j] det(minor j), as [..., 1, 1].
func (b *builder) determinant(x ref) ref {
	rank := len(x.dims)
	n := x.dims[rank-1]
	if n == 1 {
		return x
	}
	if n > 6 {
		failf("it takes the determinant of %d rows, and 6 are supported", n)
	}
	var sum ref
	rest := b.sliceAxis(x, rank-2, 1, n)
	for j := range n {
		minor := b.take(rest, rank-1, slices.Concat(countUp(n)[:j], countUp(n)[j+1:]))
		term := b.mul(b.sliceAxis(b.sliceAxis(x, rank-2, 0, 1), rank-1, j, j+1), b.determinant(minor))
		if j%2 != 0 {
			term = b.neg(term)
		}
		sum = b.addTo(sum, term)
	}
	return sum
}

// tensorScatter writes an update into a cache, for each picture from an entry of its own on.
func tensorScatter(b *builder, n *node) {
	x, update := b.plain(n.need(0)), b.plain(n.need(1))
	at := axis(n.intOr("axis", -2), len(x.dims))
	starts := make([]int, afford(x.dims[0]))
	if n.input(2) != nil {
		starts = n.constantInput(2, "write_indices").toInts()
	}
	var parts []ref
	for i, start := range starts {
		old, fresh := b.sliceAxis(x, 0, i, i+1), b.sliceAxis(update, 0, i, i+1)
		index := countUp(x.dims[at])
		for k := range fresh.dims[at] {
			place := start + k
			if n.stringOr("mode", "linear") == "circular" {
				place %= x.dims[at]
			}
			if place >= x.dims[at] {
				failf("it writes entry %d of %d", place, x.dims[at])
			}
			index[place] = x.dims[at] + k
		}
		parts = append(parts, b.take(b.join(at, old, fresh), at, index))
	}
	n.out = []*value{newFromPlain(b.join(0, parts...))}
}
