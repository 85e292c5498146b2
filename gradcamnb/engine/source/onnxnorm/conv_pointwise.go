package onnxnorm

// pointwise emits a 1x1 convolution: every pixel's channels times [in, out].
func (b *builder) pointwise(x ref, c conv) ref {
	x = b.tap(x, c.window, 0, 0)
	return b.multiplyLast(x, c.kernel)
}
