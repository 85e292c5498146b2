package onnxnorm

// DepthToSpace turns channels into blocks of pixels, and SpaceToDepth does the reverse.
var (
	_ = register("DepthToSpace", func(b *builder, n *node) {
		x, k := b.plain(n.need(0)), n.intOr("blocksize", 0)
		if len(x.dims) != 4 || k < 1 || x.dims[1]%(k*k) != 0 {
			failf("its input has the shape %v, and its blocks %d pixels a side", x.dims, k)
		}
		batch, c, h, w := x.dims[0], x.dims[1]/(k*k), x.dims[2], x.dims[3]
		if n.stringOr("mode", "DCR") == "CRD" {
			x = b.transpose(b.reshape(x, batch, c, k, k, h, w), []int{0, 1, 4, 2, 5, 3})
		} else {
			x = b.transpose(b.reshape(x, batch, k, k, c, h, w), []int{0, 3, 4, 1, 5, 2})
		}
		n.out = []*value{newFromPlain(b.reshape(x, batch, c, h*k, w*k))}
	}, nil)

	_ = register("SpaceToDepth", func(b *builder, n *node) {
		x, k := b.plain(n.need(0)), n.intOr("blocksize", 0)
		if len(x.dims) != 4 || k < 1 || x.dims[2]%k != 0 || x.dims[3]%k != 0 {
			failf("its input has the shape %v, and its blocks %d pixels a side", x.dims, k)
		}
		batch, c, h, w := x.dims[0], x.dims[1], x.dims[2]/k, x.dims[3]/k
		x = b.reshape(x, batch, c, h, k, w, k)
		if n.stringOr("mode", "DCR") == "CRD" { // opset 27
			x = b.transpose(x, []int{0, 1, 3, 5, 2, 4})
		} else {
			x = b.transpose(x, []int{0, 3, 5, 1, 2, 4})
		}
		n.out = []*value{newFromPlain(b.reshape(x, batch, c*k*k, h, w))}
	}, nil)
)
