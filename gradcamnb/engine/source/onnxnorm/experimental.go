package onnxnorm

// These were experimental operators of opset 1, which converters of Core ML and Caffe2 wrote.
var (
	_ = registerEach("Affine", func(b *builder, n *node, x ref) ref {
		return b.offset(b.scaleBy(x, n.floatOr("alpha", 1)), n.floatOr("beta", 0))
	})
	_ = registerEach("Scale", func(b *builder, n *node, x ref) ref { return b.scaleBy(x, n.floatOr("scale", 1)) })
	_ = registerEach("ScaledTanh", func(b *builder, n *node, x ref) ref {
		return b.scaleBy(b.unary("Tanh", b.scaleBy(x, n.floatOr("beta", 1))), n.floatOr("alpha", 1))
	})
	// ParametricSoftplus is alpha log(1 + exp(beta x)).
	_ = registerEach("ParametricSoftplus", func(b *builder, n *node, x ref) ref {
		return b.scaleBy(b.softplus(b.scaleBy(x, n.floatOr("beta", 1))), n.floatOr("alpha", 1))
	})
	// ImageScaler multiplies a picture by a number and adds one to each channel.
	_ = register("ImageScaler", func(b *builder, n *node) {
		x, a := n.need(0), n.attr("bias")
		if len(x.dims) != 4 || a == nil || len(a.Floats) != x.dims[1] {
			failf("it adds a number to each channel, and bias does not have as many as the shape %v has channels", x.dims)
		}
		bias := &value{dims: []int{len(a.Floats), 1, 1}, konst: floatTensor([]int{len(a.Floats), 1, 1}, a.Floats)}
		scaled := b.applyToEach(x, func(x ref) ref { return b.scaleBy(x, n.floatOr("scale", 1)) })
		n.out = []*value{b.pair("Add", scaled, bias)}
	}, nil)
	// Crop cuts off as many columns and rows as border says: left, top, right, bottom. With a scale, what is left has
	// that height and width.
	_ = register("Crop", func(b *builder, n *node) {
		x, border, scale := n.need(0), n.intsOr("border", nil), n.intsOr("scale", nil)
		if len(x.dims) != 4 || len(border) != 4 || scale != nil && len(scale) != 2 {
			failf("it cuts a border of %v off a tensor of shape %v, and it needs four numbers and four axes", border, x.dims)
		}
		ends := []int{x.dims[2] - border[3], x.dims[3] - border[2]}
		for i, length := range scale {
			ends[i] = border[1-i] + length
		}
		n.out = []*value{b.applyStandard(n, "Slice", []*value{x}, attrInts("axes", []int{2, 3}),
			attrInts("starts", []int{border[1], border[0]}), attrInts("ends", ends))}
	}, nil)
)

// registerEach adds the rule of an operator that works on each number alone.
func registerEach(op string, f func(b *builder, n *node, x ref) ref) bool {
	return register(op, func(b *builder, n *node) {
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref { return f(b, n, x) })}
	}, nil)
}
