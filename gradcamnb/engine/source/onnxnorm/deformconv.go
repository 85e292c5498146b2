package onnxnorm

import "slices"

// DeformConv is a convolution whose taps are moved by computed offsets and multiplied by a mask (Zhu et al. 2019,
// equation 1).
var _ = register("DeformConv", func(b *builder, n *node) {
	x, k, offset := b.plain(n.need(0)), n.need(1), b.plain(n.need(2))
	if len(x.dims) != 4 || len(k.dims) != 4 {
		failf("its input has the shape %v and its kernel %v", x.dims, k.dims)
	}
	g := newGrid(n, x.dims, k.dims[2:])
	groups, deform := n.intOr("group", 1), n.intOr("offset_group", 1)
	batch, channels, area, cells := x.dims[0], x.dims[1], size(g.kernel), size(g.out)
	if groups < 1 || deform < 1 || channels != k.dims[1]*groups || channels%deform != 0 ||
		size(offset.dims) != batch*deform*area*2*cells {
		failf("its input has the shape %v, its kernel %v in %d groups and its offsets %v in %d", x.dims, k.dims, groups,
			offset.dims, deform)
	}
	// [b*d, channels/d, h, w] read at [b*d, area*cells] places.
	offset = b.reshape(offset, batch*deform, area, 2, cells)
	place := make([]ref, 2)
	for i := range 2 {
		base := make([]float32, 0, area*cells)
		for tap := range area {
			for cell := range cells {
				base = append(base, float32(unravel(cell, g.out)[i]*g.stride[i]-g.before[i]+unravel(tap, g.kernel)[i]*g.dilate[i]))
			}
		}
		moved := b.reshape(b.sliceAxis(offset, 2, i, i+1), batch*deform, area*cells)
		place[i] = b.add(moved, b.floats([]int{1, area * cells}, base))
	}
	s := b.newSampler(b.reshape(x, batch*deform, channels/deform, x.dims[2], x.dims[3]), "zeros", true)
	y := s.linear(place) // [b*d, area*cells, c/d]
	if mask := n.input(4); mask != nil {
		y = b.mul(y, b.reshape(b.plain(mask), batch*deform, area*cells, 1))
	}
	y = b.reshape(y, batch, deform, area, cells, channels/deform)
	y = b.reshape(b.transpose(y, []int{0, 3, 1, 4, 2}), batch*cells, groups, channels/groups*area) // [.., c, area]
	w := b.reshape(b.plain(k), groups, k.dims[0]/groups, k.dims[1]*area)
	z := b.matmul(b.swapAxes(y, 0, 1), b.swapAxes(w, 1, 2)) // [g, b*cells, out/g]
	z = b.reshape(b.swapAxes(z, 0, 1), batch, cells, k.dims[0])
	if bias := n.input(3); bias != nil {
		z = b.add(z, b.plain(bias))
	}
	n.out = []*value{newFromPlain(b.reshape(b.swapAxes(z, 1, 2), slices.Concat([]int{batch, k.dims[0]}, g.out)...))}
}, nil)
