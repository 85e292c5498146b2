package onnxnorm

import "fmt"

// Winograd's F(4, 3) along a line: four neighbouring results of a kernel of three take
// six products instead of twelve,
//
//	y = A' [ (G w) * (B' d) ]      with six inputs d, three weights w, four results y
//
// (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4.3,
// at the points 0, 1, -1, 2, -2 and infinity).
var (
	winogradInput = [][]float32{ // B'
		{4, 0, -5, 0, 1, 0},
		{0, -4, -4, 1, 1, 0},
		{0, 4, -4, -1, 1, 0},
		{0, -2, -1, 2, 1, 0},
		{0, 2, -1, -2, 1, 0},
		{0, 4, 0, -5, 0, 1},
	}
	winogradKernel = [][]float64{ // G
		{1. / 4, 0, 0},
		{-1. / 6, -1. / 6, -1. / 6},
		{-1. / 6, 1. / 6, -1. / 6},
		{1. / 24, 1. / 12, 1. / 6},
		{1. / 24, -1. / 12, 1. / 6},
		{0, 0, 1},
	}
	winogradOutput = [][]float32{ // A'
		{1, 1, 1, 1, 1, 0},
		{0, 1, -1, 2, -2, 0},
		{0, 1, 1, 4, 4, 0},
		{0, 1, -1, 8, -8, 1},
	}
)

const winogradTile = 4 // results of a line that are computed together

// minWinogradChannels is the least product over sum of a kernel's channels in and out:
// the multiplications that are saved for every value that the two transforms move.
// 64 in and out (32) take three quarters of the time; 32 in and out (16), or 128 in and 32
// out (26), as long as before.
const minWinogradChannels = 30

// worthWinograd tells whether Winograd's form pays. No gradient is taken through it,
// which would make sums of strided pads of its slices.
func (b *builder) worthWinograd(x ref, c conv) bool {
	out, in := c.kernel.dims[0], c.kernel.dims[1]
	return b.winogradFrom > 0 && !b.differentiable &&
		c.window.kernel == [2]int{3, 3} && c.stride == [2]int{1, 1} && c.dilate == [2]int{1, 1} &&
		in*out >= minWinogradChannels*(in+out) &&
		x.dims[0]*c.out[0]*c.out[1]*in*out*9 >= b.winogradFrom
}

// winograd is a 3x3 convolution with half its multiplications: F(4, 3) along the width,
// and along the height the six kernels' own convolutions,
//
//	v_k = SUM_j B'_kj x[:, :, j::4, :]           [b, h, w/4, in]
//	m_k = v_k convolved with SUM_l G_kl w[:, l]  3 x 1, [b, h, w/4, out]
//	y[:, :, q::4, :] = SUM_k A'_qk m_k.
//
// Along one axis alone the transforms move one and a half times the values there are,
// where F(2, 3) along both, with 2.25 times fewer multiplications, moves four times, and
// is slower. Its rounding errors are twice those of the plain sum.
func (b *builder) winograd(x ref, c conv) ref {
	tiles := (c.out[1] + winogradTile - 1) / winogradTile
	n, in, out := x.dims[0], c.kernel.dims[1], c.kernel.dims[0]

	wide := c.window
	wide.before[0], wide.after[0] = 0, 0 // the height is padded by the convolutions
	wide.after[1] = tiles*winogradTile + 2 - wide.in[1] - wide.before[1]
	padded := b.padLast(x, wide, 0)
	columns := make([]ref, len(winogradInput))
	for j := range columns {
		end := j + (tiles-1)*winogradTile + 1
		columns[j] = b.slice(padded, []int{0, 0, j, 0}, []int{n, padded.dims[1], end, in}, []int{1, 1, winogradTile, 1})
	}

	line := conv{window: c.window, groups: 1}
	line.window.kernel[1], line.before[1], line.after[1] = 1, 0, 0
	line.in[1], line.out[1] = tiles, tiles
	products := make([]ref, len(winogradInput))
	for k, row := range winogradInput {
		line.kernel = winogradWeights(c.kernel, k)
		products[k] = b.dense(b.combination(row, columns), line)
	}

	results := make([]ref, winogradTile)
	for q, row := range winogradOutput {
		results[q] = b.reshape(b.combination(row, products), n, c.out[0], tiles, 1, out)
	}
	y := b.emit("Concat", []int{n, c.out[0], tiles, winogradTile, out}, results, attrInt("axis", 3))
	y = b.reshape(y, n, c.out[0], tiles*winogradTile, out)
	return b.slice(y, []int{0, 0, 0, 0}, []int{n, c.out[0], c.out[1], out}, []int{1, 1, 1, 1})
}

// winogradWeights is row k of G times the width of a kernel [out, in, 3, 3]: [out, in, 3, 1].
func winogradWeights(kernel *tensor, k int) *tensor {
	t := &tensor{dims: []int{kernel.dims[0], kernel.dims[1], 3, 1}, floats: func() []float32 {
		w := kernel.floats()
		lines := make([]float32, len(w)/3)
		for i := range lines {
			var sum float64
			for l, g := range winogradKernel[k] {
				sum += g * float64(w[3*i+l])
			}
			lines[i] = float32(sum)
		}
		return lines
	}}
	if kernel.origin != "" {
		t.origin = fmt.Sprintf("%s@winograd%d", kernel.origin, k)
	}
	return t
}

// combination is SUM_i f_i x_i of tensors of one shape.
func (b *builder) combination(f []float32, x []ref) ref {
	var sum ref
	for i, v := range f {
		switch {
		case v == 0:
		case v == -1 && sum.ok():
			sum = b.binary("Sub", sum, x[i])
		case v == 1:
			sum = b.plus(sum, x[i])
		default:
			sum = b.plus(sum, b.binary("Mul", x[i], b.scalar(v)))
		}
	}
	return sum
}
