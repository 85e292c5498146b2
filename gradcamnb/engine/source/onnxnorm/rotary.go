package onnxnorm

// RotaryEmbedding rotates pairs of channels by the angle of their position (Su et al. 2021, equation 34): x1 cos - x2
// sin and x2 cos + x1 sin.
var _ = register("RotaryEmbedding", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	flat := len(x.dims) == 3
	if flat {
		x = b.heads(x, n.intOr("num_heads", 0))
	}
	if len(x.dims) != 4 {
		failf("its input has the shape %v", x.dims)
	}
	batch, length, width := x.dims[0], x.dims[2], x.dims[3]
	turned := n.intOr("rotary_embedding_dim", 0)
	if turned == 0 {
		turned = width
	}
	angle := func(i int) ref { // [b, 1, n, turned/2]
		c := b.plain(n.need(i))
		if ids := n.input(3); ids != nil {
			index := b.indices(b.plain(ids))
			c = b.emit("Gather", gatherDims(c.dims, index.dims, 0), []ref{c, index}, attrInt("axis", 0))
		}
		return b.reshape(b.sliceAxis(c, len(c.dims)-1, 0, turned/2), batch, 1, length, turned/2)
	}
	cos, sin := angle(1), angle(2)
	heads := x.dims[1]
	inner := b.sliceAxis(x, 3, 0, turned)
	var first, second ref
	interleaved := n.intOr("interleaved", 0) != 0
	if interleaved {
		pairs := b.reshape(inner, batch, heads, length, turned/2, 2)
		first, second = b.takeEntry(pairs, 4, 0), b.takeEntry(pairs, 4, 1)
	} else {
		first, second = b.sliceAxis(inner, 3, 0, turned/2), b.sliceAxis(inner, 3, turned/2, turned)
	}
	re, im := b.sub(b.mul(first, cos), b.mul(second, sin)), b.add(b.mul(second, cos), b.mul(first, sin))
	y := b.join(3, re, im)
	if interleaved {
		shape := []int{batch, heads, length, turned / 2, 1}
		y = b.reshape(b.join(4, b.reshape(re, shape...), b.reshape(im, shape...)), batch, heads, length, turned)
	}
	if turned < width {
		y = b.join(3, y, b.sliceAxis(x, 3, turned, width))
	}
	if flat {
		y = b.reshape(b.swapAxes(y, 1, 2), batch, length, heads*width)
	}
	n.out = []*value{newFromPlain(y)}
}, nil)
