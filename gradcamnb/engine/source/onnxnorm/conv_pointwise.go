package onnxnorm

// pointwise is a 1x1 convolution: every pixel's channels times [in, out].
func (b *builder) pointwise(x ref, c conv) ref {
	x = b.tap(x, c.window, 0, 0)
	return b.linear(x, b.reordered(c.kernel, "@io", []int{2, 3, 1, 0}, c.kernel.dims[1], c.kernel.dims[0]))
}
