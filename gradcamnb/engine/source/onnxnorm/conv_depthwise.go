package onnxnorm

// depthwise convolves every channel with its own kernel: the sum over the
// kernel's positions of a shifted slice times a [channels] vector,
//
//	y = SUM_ij x[:, i::stride, j::stride, :] * w[i, j, :].
//
// XLA fuses it into one loop, 6 to 24 times faster than its grouped convolution.
func (b *builder) depthwise(x ref, c conv) ref {
	if d := newBands(c.window); b.gainsByBands(x, c, d) {
		return b.depthwiseBands(x, c, d)
	}
	w := b.reorderKernel(c.kernel, "@hwc", []int{2, 3, 1, 0}, c.window.kernel[0]*c.window.kernel[1], c.kernel.dims[0])
	reach := c.extent(0) - 1
	if b.pureGo && c.stride[0] == 1 && c.before[0] <= reach && c.after[0] <= reach {
		return b.depthwiseLines(x, c.window, w)
	}
	padded := b.padSealed(x, c.window)
	var sum ref
	for i := range c.window.kernel[0] {
		for j := range c.window.kernel[1] {
			sum = b.addTo(sum, b.binary("Mul", b.tap(padded, c.window, i, j), b.position(w, c.window, i, j)))
		}
	}
	return sum
}

// depthwiseLines is depthwise for a vertical stride of one. It slices columns only, once for all lines of the kernel,
// and shifts each line's sum as a whole,
//
//	y = SUM_i shift_i( SUM_j x[:, :, j::stride, :] * w[i, j, :] ),
//
// so it needs as many slices and shifts as the kernel is wide and high, and not as many as it has positions.
// EfficientNet-Lite0 takes 9 to 15 % less time on pure Go, which copies every slice. In XLA's loops each shift is a
// branch, and in some processes, not in others, a 5x5 kernel takes five times as long with them (decision 11).
func (b *builder) depthwiseLines(x ref, w window, weights ref) ref {
	flat := w
	flat.before[0], flat.after[0] = 0, 0
	wide := b.padLast(x, flat, 0)
	columns := make([]ref, w.kernel[1])
	for j := range columns {
		start := j * w.dilate[1]
		end := start + (w.out[1]-1)*w.stride[1] + 1
		columns[j] = b.slice(wide, []int{0, 0, start, 0}, []int{wide.dims[0], wide.dims[1], end, wide.dims[3]},
			[]int{1, 1, w.stride[1], 1})
	}
	reach := w.extent(0) - 1
	var sum ref // reach rows more than x; row r of y is its row r + reach - before
	for i := range w.kernel[0] {
		var line ref
		for j, column := range columns {
			line = b.addTo(line, b.binary("Mul", column, b.position(weights, w, i, j)))
		}
		shift := i * w.dilate[0]
		sum = b.addTo(sum, b.pad(line, []int{0, reach - shift, 0, 0}, []int{0, shift, 0, 0}, 0))
	}
	first := reach - w.before[0]
	return b.slice(sum, []int{0, first, 0, 0}, []int{sum.dims[0], first + w.out[0], sum.dims[2], sum.dims[3]},
		[]int{1, 1, 1, 1})
}

// position returns the vector [1, 1, 1, channels] of a kernel's position (i, j), of
// weights [positions, channels].
func (b *builder) position(weights ref, w window, i, j int) ref {
	at, channels := i*w.kernel[1]+j, weights.dims[1]
	return b.reshape(b.slice(weights, []int{at, 0}, []int{at + 1, channels}, []int{1, 1}), 1, 1, 1, channels)
}
