package onnxnorm

import "slices"

// convGrid is a convolution over any number of axes, whose kernel may be computed from the picture. The inputs of all
// positions of the kernel lie side by side, and each group is one product,
//
//	[g, b*out, k*in] x [g, k*in, o] -> [g, b*out, o].
func convGrid(b *builder, n *node) {
	if b.whole {
		failf("its kernel is not a constant over one or two axes, for which alone there is a rule of relevance: take Input x gradient")
	}
	x, k := b.plain(n.need(0)), n.need(1)
	groups := n.intOr("group", 1)
	if len(k.dims) != len(x.dims) || groups < 1 || x.dims[1] != k.dims[1]*groups || k.dims[0]%groups != 0 {
		failf("its input has the shape %v, and its kernel %v in %d groups does not fit", x.dims, k.dims, groups)
	}
	g := newGrid(n, x.dims, k.dims[2:])
	out, in, area := k.dims[0]/groups, k.dims[1], size(k.dims[2:])
	var taps []ref
	b.taps(b.padGrid(x, g, 0), g, func(tap ref, _ []int) {
		taps = append(taps, b.reshape(tap, x.dims[0], groups, 1, in, size(g.out)))
	})
	all := b.join(2, taps...)                    // [b, g, k, in, p]
	all = b.transpose(all, []int{1, 0, 4, 2, 3}) // [g, b, p, k, in]
	all = b.reshape(all, groups, x.dims[0]*size(g.out), area*in)
	w := b.reshape(b.plain(k), groups, out, in, area)
	w = b.reshape(b.transpose(w, []int{0, 3, 2, 1}), groups, area*in, out)
	y := b.reshape(b.matmul(all, w), groups, x.dims[0], size(g.out), out)
	y = b.reshape(b.transpose(y, []int{1, 0, 3, 2}), slices.Concat([]int{x.dims[0], k.dims[0]}, g.out)...)
	if bias := n.input(2); bias != nil {
		dims := slices.Repeat([]int{1}, len(y.dims))
		dims[1] = k.dims[0]
		y = b.add(y, b.reshape(b.plain(bias), dims...))
	}
	n.out = []*value{newFromPlain(y)}
}
