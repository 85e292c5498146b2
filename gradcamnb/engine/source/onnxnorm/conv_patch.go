package onnxnorm

// patch emits a convolution whose kernel is as large as its stride, without padding (patch embeddings, ConvNeXt's
// downsampling). No pixel is read twice, so it is space-to-depth and one matrix product,
//
//	[b, H, W, c] -> [b, h, k, w, l, c] -> [b, h, w, k*l*c] x [k*l*c, out].
func (b *builder) patch(x ref, c conv) ref {
	k, l := c.stride[0], c.stride[1]
	batch, channels := x.dims[0], x.dims[3]
	x = b.slice(x, []int{0, 0, 0, 0}, []int{batch, c.out[0] * k, c.out[1] * l, channels}, []int{1, 1, 1, 1})
	x = b.reshape(x, batch, c.out[0], k, c.out[1], l, channels)
	x = b.transpose(x, []int{0, 1, 3, 2, 4, 5})
	x = b.reshape(x, batch, c.out[0], c.out[1], k*l*channels)
	return b.multiplyLast(x, c.kernel)
}
