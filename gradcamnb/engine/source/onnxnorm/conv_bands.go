package onnxnorm

import "fmt"

// bandColumns is how many columns of a result one product may have; wider bands multiply more zeros.
const bandColumns = 64

// bandTaps is the number of kernel positions from which bands are quicker: ConvNeXt-T, with 7x7, takes two thirds of
// the processor's time, and EfficientNetV2-S, with 3x3, a twentieth more.
const bandTaps = 25

// bandShare bounds how many values the bands have for each of the input's. Kernels of 5x5 and 7x7 need 2 to 7.
const bandShare = 16

// bands is how a depthwise convolution's result is cut into bands of columns.
type bands struct {
	count, columns int // number of bands, and columns of the result in each
	reach          int // columns of the input that a band reads
	padded         int // columns of padding at the input's start, which a band's columns count, too
}

// newBands returns the bands of a convolution. A single one reads the input as it is: its matrix leaves out what lies
// in the padding.
func newBands(w window) bands {
	n := (w.out[1] + bandColumns - 1) / bandColumns
	if n == 1 {
		return bands{1, w.out[1], w.in[1], 0}
	}
	columns := (w.out[1] + n - 1) / n
	return bands{n, columns, (columns-1)*w.stride[1] + w.extent(1), w.before[1]}
}

// values returns how many values the kernel's bands have.
func (d bands) values(c conv) int { return c.kernel.dims[0] * c.window.kernel[0] * d.reach * d.columns }

func (b *builder) gainsByBands(x ref, c conv, d bands) bool {
	return b.vectors && size(c.window.kernel[:]) >= bandTaps && d.values(c) <= bandShare*size(x.dims)
}

// depthwiseBands convolves every channel by a product of matrices. One holds the rows that the lines of its kernel
// read, side by side. The other is a band matrix,
//
//	y[c][r, p] = SUM_iq x[c][r stride + i dilate, q] B[c][i, q, p],   B[c][i, q, p] = kernel[c, i, j] if q = p stride + j dilate, else 0.
//
// For every value of the kernel it multiplies up to ten zeros. But it makes as many copies as the kernel has lines,
// instead of as many sums as it has positions, which costs less if there are vector instructions.
func (b *builder) depthwiseBands(x ref, c conv, d bands) ref {
	w, k := c.window, c.kernel
	channels, batch := k.dims[0], x.dims[0]
	right := (d.count-1)*d.columns*w.stride[1] + d.reach - d.padded - w.in[1]
	lines := b.transpose(x, []int{3, 0, 1, 2}) // [channels, batch, h, w]
	lines = b.padWith(lines, []int{0, 0, w.before[0], d.padded}, []int{0, 0, w.after[0], right}, 0)
	var parts []ref
	for n := range d.count {
		left := n * d.columns * w.stride[1]
		for i := range w.kernel[0] {
			top := i * w.dilate[0]
			tap := b.slice(lines, []int{0, 0, top, left},
				[]int{channels, batch, top + (w.out[0]-1)*w.stride[0] + 1, left + d.reach}, []int{1, 1, w.stride[0], 1})
			parts = append(parts, b.reshape(tap, channels, batch*w.out[0], 1, d.reach))
		}
	}
	rows := parts[0]
	if len(parts) > 1 {
		rows = b.emit("Concat", []int{channels, batch * w.out[0], len(parts), d.reach}, parts, attrInt("axis", 2))
	}
	rows = b.reshape(rows, channels, batch*w.out[0]*d.count, w.kernel[0]*d.reach)
	y := b.matmul(rows, b.bandMatrices(c, d))
	y = b.slice(b.reshape(y, channels, batch, w.out[0], d.count*d.columns), []int{0, 0, 0, 0},
		[]int{channels, batch, w.out[0], w.out[1]}, []int{1, 1, 1, 1})
	return b.transpose(y, []int{1, 2, 3, 0})
}

// bandMatrices returns the kernel [channels, 1, h, w] as band matrices [channels, h*reach, columns].
func (b *builder) bandMatrices(c conv, d bands) ref {
	w, k := c.window, c.kernel
	channels, first := k.dims[0], d.padded-w.before[1]
	name := fmt.Sprintf("%s@bands%d,%d,%d,%d,%d", k.origin, d.columns, d.reach, first, w.stride[1], w.dilate[1])
	return b.weightOrConstant(k, name, []int{channels, w.kernel[0] * d.reach, d.columns}, func(out []float32) {
		values := k.floats()
		clear(out)
		for line := range channels * w.kernel[0] {
			band := out[line*d.reach*d.columns:]
			for j := range w.kernel[1] {
				for p := range d.columns {
					if q := first + p*w.stride[1] + j*w.dilate[1]; q >= 0 && q < d.reach {
						band[q*d.columns+p] = values[line*w.kernel[1]+j]
					}
				}
			}
		}
	})
}
