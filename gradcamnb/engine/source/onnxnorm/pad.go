package onnxnorm

import "slices"

// Pad adds cells before and after each axis; a negative number cuts cells off. The new cells hold a number, or with the
// modes reflect, edge and wrap what the axis holds.
var _ = register("Pad", func(b *builder, n *node) {
	v := n.need(0)
	rank := len(v.dims)
	before, after := readPads(n, rank)
	mode := n.stringOr("mode", "constant")
	fill, computed := n.floatOr("value", 0), n.input(2)
	if computed != nil && computed.konst != nil {
		fill, computed = float32(n.number(2, "value", 0)), nil
	}
	x, layout := b.plain, newFromPlain
	if isLast(v) {
		p := channelsLast(4)
		before, after = permute(before, p), permute(after, p)
		x, layout = b.moveChannelsLast, b.newFromLast
	}
	if mode == "constant" {
		y := b.padWith(x(v), before, after, fill)
		if computed != nil {
			y = b.choose(b.outside(y.dims, before, after), b.broadcastTo(b.reshape(b.plain(computed)), y.dims), y)
		}
		n.out = []*value{layout(y)}
		return
	}
	y := x(v)
	for at := range rank {
		if before[at] == 0 && after[at] == 0 {
			continue
		}
		var index []int
		for i := -before[at]; i < y.dims[at]+after[at]; i++ {
			index = append(index, padIndex(mode, i, y.dims[at]))
		}
		y = b.take(y, at, index)
	}
	n.out = []*value{layout(y)}
}, nil)

// readPads reads the pads. They are an input since opset 11, with the axes that they are for since opset 18, and an
// attribute before.
func readPads(n *node, rank int) (before, after []int) {
	pads, ok := n.param(1, "pads")
	if !ok {
		pads, ok = n.param(9, "paddings") // opset 1
	}
	along := countUp(rank)
	if n.input(3) != nil {
		along = axes(n.constantInput(3, "axes").toInts(), rank)
	}
	if !ok || len(pads) != 2*len(along) {
		failf("its pads %v do not give two values for each of %d axes", pads, len(along))
	}
	before, after = make([]int, rank), make([]int, rank)
	for i, a := range along {
		before[a], after[a] = pads[i], pads[len(along)+i]
	}
	return before, after
}

// padWith first cuts off where pads are negative, and then pads with a number.
func (b *builder) padWith(x ref, before, after []int, fill float32) ref {
	start, end := make([]int, len(x.dims)), slices.Clone(x.dims)
	before, after = slices.Clone(before), slices.Clone(after)
	for i := range x.dims {
		start[i] = max(0, -before[i])
		end[i] -= max(0, -after[i])
		before[i], after[i] = max(0, before[i]), max(0, after[i])
		if end[i] <= start[i] {
			failf("it leaves nothing of axis %d", i)
		}
	}
	return b.pad(b.slice(x, start, end, slices.Repeat([]int{1}, len(x.dims))), before, after, fill)
}

// outside returns which cells of the shape dims a Pad added.
func (b *builder) outside(dims, before, after []int) ref {
	inside := b.fillConstant(dims, 1)
	for at, n := range dims {
		if before[at] <= 0 && after[at] <= 0 {
			continue
		}
		values := make([]float32, afford(n))
		for i := max(before[at], 0); i < n-max(after[at], 0); i++ {
			values[i] = 1
		}
		shape := slices.Repeat([]int{1}, len(dims))
		shape[at] = n
		inside = b.mul(inside, b.floats(shape, values))
	}
	return b.binary("Less", inside, b.scalar(0.5))
}

// padIndex returns the index of the cell that is copied to place i, for an axis of the given length.
func padIndex(mode string, i, length int) int {
	switch {
	case length == 0:
		failf("it has nothing to repeat")
	case mode == "edge":
		return min(max(i, 0), length-1)
	case mode == "wrap":
		return ((i % length) + length) % length
	case mode == "reflect":
		if length == 1 {
			return 0
		}
		period := 2 * (length - 1)
		i = ((i % period) + period) % period
		return min(i, period-i)
	}
	failf("mode %q is not known", mode)
	return 0
}
