package onnxnorm

import "slices"

// window is the geometry of a convolution or pool over the two spatial axes.
type window struct {
	in     [2]int // input size
	kernel [2]int
	stride [2]int
	dilate [2]int
	before [2]int // padding at the start
	end    [2]int // padding at the end, as declared
	after  [2]int // padding at the end that the windows read; negative if they leave cells out
	out    [2]int // output size
}

// newWindow reads the attributes that Conv and the pools share, for an input [b, c, h, w].
func newWindow(n *node, dims, kernel []int) window {
	if len(dims) != 4 || len(kernel) != 2 {
		failf("its input has the shape %v and its kernel %v, and only two spatial axes, [batch, channels, height, width], are supported", dims, kernel)
	}
	g := newGrid(n, dims, kernel)
	w := window{
		in: [2]int(g.in), kernel: [2]int(g.kernel), stride: [2]int(g.stride), dilate: [2]int(g.dilate),
		before: [2]int(g.before), end: [2]int(g.end), after: [2]int(g.after), out: [2]int(g.out),
	}
	n.window = &w
	return w
}

// grid returns the window in the form for any number of axes.
func (w window) grid() grid {
	return grid{
		in: w.in[:], kernel: w.kernel[:], stride: w.stride[:], dilate: w.dilate[:],
		before: w.before[:], end: w.end[:], after: w.after[:], out: w.out[:],
	}
}

// extent returns the length of the dilated kernel on an axis.
func (w window) extent(i int) int { return kernelExtent(w.kernel[i], w.dilate[i]) }

// coversAll tells whether there is only one window, which holds the whole input.
func (w window) coversAll() bool {
	return w.out == [2]int{1, 1} && w.dilate == [2]int{1, 1} && w.before == [2]int{} && w.kernel[0] >= w.in[0] &&
		w.kernel[1] >= w.in[1]
}

// largeWindow is the number of cells from which a pool goes along one axis and then along the other.
const largeWindow = 50

func (w window) large() bool { return w.kernel[0]*w.kernel[1] >= largeWindow }

// joinWindows joins the cells of each window of the padded input, in row-major order.
func (b *builder) joinWindows(padded ref, w window, join func(sum, x ref) ref) ref {
	if w.large() {
		return b.joinByAxis(padded, w, join)
	}
	var sum ref
	for i := range w.kernel[0] {
		for j := range w.kernel[1] {
			if w.isOutside(i, j) {
				continue
			}
			tap := b.tap(padded, w, i, j)
			if sum.ok() {
				tap = join(sum, tap)
			}
			sum = tap
		}
	}
	return sum
}

// joinByAxis joins the cells of each window of the padded input, first along the rows and then along the columns. That
// takes as many steps as the window is wide and high, and not as many as it has cells. The first of equal values in
// row-major order stays the first.
func (b *builder) joinByAxis(padded ref, w window, join func(sum, x ref) ref) ref {
	for _, axis := range []int{1, 0} {
		var sum ref
		for k := range w.kernel[axis] {
			if w.outsideAxis(axis, k) {
				continue
			}
			start, end, step := make([]int, 4), slices.Clone(padded.dims), []int{1, 1, 1, 1}
			start[1+axis] = k * w.dilate[axis]
			end[1+axis], step[1+axis] = start[1+axis]+(w.out[axis]-1)*w.stride[axis]+1, w.stride[axis]
			tap := b.slice(padded, start, end, step)
			if sum.ok() {
				tap = join(sum, tap)
			}
			sum = tap
		}
		padded = sum
	}
	return padded
}

// isOutside tells whether a position of the kernel meets only padding, in all windows.
func (w window) isOutside(i, j int) bool {
	return w.outsideAxis(0, i) || w.outsideAxis(1, j)
}

func (w window) outsideAxis(axis, k int) bool {
	return countWithin(k*w.dilate[axis], w.stride[axis], w.out[axis], w.before[axis], w.before[axis]+w.in[axis]) == 0
}

// padLast pads x [b, h, w, c] for the window. A negative end padding cuts off what no window reads.
func (b *builder) padLast(x ref, w window, fill float32) ref {
	end := []int{x.dims[0], x.dims[1] + min(0, w.after[0]), x.dims[2] + min(0, w.after[1]), x.dims[3]}
	x = b.slice(x, []int{0, 0, 0, 0}, end, []int{1, 1, 1, 1})
	return b.pad(x, []int{0, w.before[0], w.before[1], 0}, []int{0, max(0, w.after[0]), max(0, w.after[1]), 0}, fill)
}

// padSealed returns x padded with zeros, in a form that XLA does not see through: a slice of a tensor that is one row
// higher and whose rows and columns are one axis. Through a plain pad, XLA reads the positions of a kernel that lie
// within x from x itself. So it computes or keeps the values before the pad once padded and once not. The pure-Go
// backend sees through nothing, and copies every slice.
func (b *builder) padSealed(x ref, w window) ref {
	if b.pureGo {
		return b.padLast(x, w, 0)
	}
	w.after[0]++
	higher := b.padLast(x, w, 0)
	n, rows, columns, c := higher.dims[0], higher.dims[1]-1, higher.dims[2], higher.dims[3]
	flat := b.reshape(higher, n, (rows+1)*columns, c)
	flat = b.slice(flat, []int{0, 0, 0}, []int{n, rows * columns, c}, []int{1, 1, 1})
	return b.reshape(flat, n, rows, columns, c)
}

// tap returns the values that position (i, j) of the kernel reads in the padded input: a strided slice [b, out, out,
// c].
func (b *builder) tap(padded ref, w window, i, j int) ref {
	y, x := i*w.dilate[0], j*w.dilate[1]
	return b.slice(padded,
		[]int{0, y, x, 0},
		[]int{padded.dims[0], y + (w.out[0]-1)*w.stride[0] + 1, x + (w.out[1]-1)*w.stride[1] + 1, padded.dims[3]},
		[]int{1, w.stride[0], w.stride[1], 1})
}
