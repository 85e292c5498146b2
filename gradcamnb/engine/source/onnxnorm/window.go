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
	after  [2]int // padding at the end that the windows read; negative where they leave cells out
	out    [2]int // output size
}

// newWindow reads the attributes that Conv and the pools share, for an input
// [b, c, h, w].
func newWindow(n *node, dims, kernel []int) window {
	if len(dims) != 4 || len(kernel) != 2 {
		failf("its input has the shape %v and its kernel %v, and only two spatial axes, [batch, channels, height, width], are supported", dims, kernel)
	}
	stride, dilate := n.intsOr("strides", []int{1, 1}), n.intsOr("dilations", []int{1, 1})
	pads := n.intsOr("pads", []int{0, 0, 0, 0})
	if len(stride) != 2 || len(dilate) != 2 || len(pads) != 4 {
		failf("strides %v, dilations %v and pads %v do not fit two spatial axes", stride, dilate, pads)
	}
	auto, ceil := n.stringOr("auto_pad", "NOTSET"), n.intOr("ceil_mode", 0) != 0
	var w window
	for i := range 2 {
		w.in[i], w.kernel[i], w.stride[i], w.dilate[i] = dims[2+i], kernel[i], stride[i], dilate[i]
		if w.stride[i] < 1 || w.dilate[i] < 1 || w.kernel[i] < 1 {
			failf("kernel %v, strides %v and dilations %v must be positive", kernel, stride, dilate)
		}
		w.before[i], w.end[i] = autoPad(auto, w, i, pads[i], pads[2+i])
		w.out[i] = w.count(i, w.before[i]+w.end[i], ceil)
		if w.out[i] < 1 {
			failf("its window %v does not fit into the input %v with the pads %v: the picture is too small for this model", kernel, dims[2:], pads)
		}
		// The cells that the windows read, no more and no fewer.
		w.after[i] = (w.out[i]-1)*w.stride[i] + w.reach(i) - w.in[i] - w.before[i]
	}
	n.window = &w
	return w
}

// reach is the extent of the dilated kernel on an axis.
func (w window) reach(i int) int { return (w.kernel[i]-1)*w.dilate[i] + 1 }

// count is the number of windows on an axis: floor((in + pad - reach)/stride) + 1,
// or with ceil_mode the ceiling, less a window that would begin in the end padding.
func (w window) count(i, pad int, ceil bool) int {
	free := w.in[i] + pad - w.reach(i)
	switch {
	case free < 0 && (!ceil || -free >= w.stride[i]):
		return 0
	case free < 0: // one window, larger than the map
		return 1
	}
	n := free/w.stride[i] + 1
	if ceil && free%w.stride[i] != 0 && n*w.stride[i] < w.in[i]+w.before[i] {
		n++
	}
	return n
}

// coversAll tells whether there is one window, and all of the input is in it.
func (w window) coversAll() bool {
	return w.out == [2]int{1, 1} && w.dilate == [2]int{1, 1} && w.before == [2]int{} && w.kernel[0] >= w.in[0] && w.kernel[1] >= w.in[1]
}

// largeWindow is from how many cells on a pool goes along one axis and then along the other.
const largeWindow = 50

func (w window) large() bool { return w.kernel[0]*w.kernel[1] >= largeWindow }

// byAxis joins what the windows of the padded input read, first along the rows and then the
// columns, which takes as many steps as the window is wide and high and not as it has cells. The
// first of equal values in row-major order stays the first.
func (b *builder) byAxis(padded ref, w window, join func(sum, x ref) ref) ref {
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

// outside tells whether a position of the kernel meets nothing but padding in all windows.
func (w window) outside(i, j int) bool {
	return w.outsideAxis(0, i) || w.outsideAxis(1, j)
}

func (w window) outsideAxis(axis, k int) bool {
	for o := range w.out[axis] {
		if at := o*w.stride[axis] + k*w.dilate[axis] - w.before[axis]; at >= 0 && at < w.in[axis] {
			return false
		}
	}
	return true
}

// autoPad resolves the deprecated auto_pad attribute into pads.
func autoPad(mode string, w window, i, before, after int) (int, int) {
	switch mode {
	case "NOTSET", "":
		return before, after
	case "VALID":
		return 0, 0
	case "SAME_UPPER", "SAME_LOWER":
		out := (w.in[i] + w.stride[i] - 1) / w.stride[i]
		total := max(0, (out-1)*w.stride[i]+w.reach(i)-w.in[i])
		if mode == "SAME_UPPER" {
			return total / 2, total - total/2
		}
		return total - total/2, total / 2
	}
	failf("auto_pad %q is not known", mode)
	return 0, 0
}

// padLast pads x [b, h, w, c] for the window; a negative end padding cuts off
// what no window reads.
func (b *builder) padLast(x ref, w window, fill float32) ref {
	end := []int{x.dims[0], x.dims[1] + min(0, w.after[0]), x.dims[2] + min(0, w.after[1]), x.dims[3]}
	x = b.slice(x, []int{0, 0, 0, 0}, end, []int{1, 1, 1, 1})
	return b.pad(x, []int{0, w.before[0], w.before[1], 0}, []int{0, max(0, w.after[0]), max(0, w.after[1]), 0}, fill)
}

// sealed is x padded with zeros in a form that XLA does not see through: it is a slice of a
// tensor one row higher whose rows and columns are one axis. Through a plain pad XLA reads
// the positions of a kernel that are within x from x itself, and so computes what comes
// before, or keeps it, once padded and once not. The pure-Go backend sees through nothing,
// and copies every slice.
func (b *builder) sealed(x ref, w window) ref {
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

// tap is what position (i, j) of the kernel reads in the padded input: a strided
// slice [b, out, out, c].
func (b *builder) tap(padded ref, w window, i, j int) ref {
	y, x := i*w.dilate[0], j*w.dilate[1]
	return b.slice(padded,
		[]int{0, y, x, 0},
		[]int{padded.dims[0], y + (w.out[0]-1)*w.stride[0] + 1, x + (w.out[1]-1)*w.stride[1] + 1, padded.dims[3]},
		[]int{1, w.stride[0], w.stride[1], 1})
}
