package onnxnorm

import "slices"

// Tile repeats a tensor along each axis.
var _ = register("Tile", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	times := n.constantInput(1, "repeats").toInts()
	if len(n.in) == 3 { // opset 1: tiles, axis
		at := axis(int(n.number(2, "axis", 0)), len(x.dims))
		all := slices.Repeat([]int{1}, len(x.dims))
		all[at] = times[0]
		times = all
	}
	if len(times) != len(x.dims) {
		failf("its repeats %v do not fit a tensor of shape %v", times, x.dims)
	}
	for at, t := range times {
		switch {
		case t < 1:
			failf("it repeats axis %d %d times", at, t)
		case t > 1:
			// [.., d, ..] -> [.., 1, d, ..] -> [.., t, d, ..] -> [.., t*d, ..]
			d := x.dims
			one := slices.Insert(slices.Clone(d), at, 1)
			many := slices.Insert(slices.Clone(d), at, t)
			result := slices.Clone(d)
			result[at] *= t
			x = b.reshape(b.broadcastTo(b.reshape(x, one...), many), result...)
		}
	}
	n.out = []*value{newFromPlain(x)}
}, nil)
