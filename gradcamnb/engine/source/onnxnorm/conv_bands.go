package onnxnorm

import "fmt"

// bandColumns is how many columns of a result one product may have; wider bands multiply more zeros.
const bandColumns = 64

// bandTaps is the number of kernel positions from which bands are quicker: ConvNeXt-T, with 7x7, takes two thirds of
// the processor's time, and EfficientNetV2-S, with 3x3, a twentieth more.
const bandTaps = 25

// bandShare bounds how many values the bands have for each of the input's. Kernels of 5x5 and 7x7 need 6 to 13.
const bandShare = 16

// bandSize returns the number of bands that a result is cut into, the number of columns of a band, and the number of
// columns of the input that a band reads.
func (c conv) bandSize() (bands, columns, reach int) {
	w := c.window
	bands = (w.out[1] + bandColumns - 1) / bandColumns
	columns = (w.out[1] + bands - 1) / bands
	return bands, columns, (columns-1)*w.stride[1] + w.extent(1)
}

// bandValues returns how many values the kernel's bands have.
func (c conv) bandValues() int {
	_, columns, reach := c.bandSize()
	return c.kernel.dims[0] * c.window.kernel[0] * reach * columns
}

// depthwiseBands convolves every channel by a product of matrices. One holds the rows that the lines of its kernel
// read, side by side. The other is a band matrix,
//
//	y[c][r, p] = SUM_iq x[c][r stride + i dilate, q] B[c][i, q, p],   B[c][i, q, p] = kernel[c, i, j] if q = p stride + j dilate, else 0.
//
// For every value of the kernel it multiplies some ten zeros. But it makes as many copies as the kernel has lines,
// instead of as many sums as it has positions, which costs less if there are vector instructions.
func (b *builder) depthwiseBands(x ref, c conv) ref {
	w, k := c.window, c.kernel
	channels, batch := k.dims[0], x.dims[0]
	bands, columns, reach := c.bandSize()
	w.after[1] = (bands*columns-1)*w.stride[1] + w.extent(1) - w.before[1] - w.in[1]
	lines := b.transpose(b.padLast(x, w, 0), []int{3, 0, 1, 2}) // [channels, batch, h, w]
	var parts []ref
	for n := range bands {
		left := n * columns * w.stride[1]
		for i := range w.kernel[0] {
			top := i * w.dilate[0]
			tap := b.slice(lines, []int{0, 0, top, left},
				[]int{channels, batch, top + (w.out[0]-1)*w.stride[0] + 1, left + reach}, []int{1, 1, w.stride[0], 1})
			parts = append(parts, b.reshape(tap, channels, batch*w.out[0], 1, reach))
		}
	}
	rows := parts[0]
	if len(parts) > 1 {
		rows = b.emit("Concat", []int{channels, batch * w.out[0], len(parts), reach}, parts, attrInt("axis", 2))
	}
	rows = b.reshape(rows, channels, batch*w.out[0]*bands, w.kernel[0]*reach)
	y := b.matmul(rows, b.bands(k, w, columns, reach))
	y = b.slice(b.reshape(y, channels, batch, w.out[0], bands*columns), []int{0, 0, 0, 0},
		[]int{channels, batch, w.out[0], w.out[1]}, []int{1, 1, 1, 1})
	return b.transpose(y, []int{1, 2, 3, 0})
}

// bands returns the kernel [channels, 1, h, w] as band matrices [channels, h*reach, columns].
func (b *builder) bands(k *tensor, w window, columns, reach int) ref {
	channels := k.dims[0]
	name := fmt.Sprintf("%s@bands%d,%d,%d", k.origin, columns, w.stride[1], w.dilate[1])
	return b.weightOrConstant(k, name, []int{channels, w.kernel[0] * reach, columns}, func(out []float32) {
		values := k.floats()
		clear(out)
		for line := range channels * w.kernel[0] {
			band := out[line*reach*columns:]
			for j := range w.kernel[1] {
				for p := range columns {
					band[(p*w.stride[1]+j*w.dilate[1])*columns+p] = values[line*w.kernel[1]+j]
				}
			}
		}
	})
}
