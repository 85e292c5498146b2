package onnxnorm

// grouped is a convolution in groups of several channels. All positions of the
// kernel are laid side by side and every group is one product of a batch of them,
//
//	[b, h, w, k*l, g, in] -> [g, b*h*w, k*l*in] x [g, k*l*in, out] -> [b, h, w, g*out].
func (b *builder) grouped(x ref, c conv) ref {
	g, in, out := c.groups, c.kernel.dims[1], c.kernel.dims[0]/c.groups
	taps := c.window.kernel[0] * c.window.kernel[1]
	padded := b.padLast(x, c.window, 0)
	var cells []ref
	for i := range c.window.kernel[0] {
		for j := range c.window.kernel[1] {
			cells = append(cells, b.reshape(b.tap(padded, c.window, i, j), x.dims[0]*c.out[0]*c.out[1], 1, g, in))
		}
	}
	all := cells[0]
	if taps > 1 {
		all = b.emit("Concat", []int{all.dims[0], taps, g, in}, cells, attrInt("axis", 1))
	}
	rows := b.reshape(b.transpose(all, []int{2, 0, 1, 3}), g, all.dims[0], taps*in)
	// The kernel [g*out, in, k, l] as [g, k*l*in, out].
	split := c.kernel.reshaped([]int{g, out, in, taps})
	split.origin = c.kernel.origin
	w := b.reordered(split, "@g,hwi,o", []int{0, 3, 2, 1}, g, taps*in, out)
	y := b.matmul(rows, w) // [g, b*h*w, out]
	return b.reshape(b.transpose(y, []int{1, 0, 2}), x.dims[0], c.out[0], c.out[1], g*out)
}
