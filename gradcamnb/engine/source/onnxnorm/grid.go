package onnxnorm

import "slices"

// grid is the geometry of windows over any number of spatial axes.
type grid struct {
	kernel, stride, dilate []int
	before, end, after     []int // padding, see [window]
	in, out                []int
}

// newGrid reads the attributes that Conv and the pools share, for an input [b, c, axes...].
func newGrid(n *node, dims, kernel []int) grid {
	axes := len(dims) - 2
	if axes < 1 || len(kernel) != axes {
		failf("its input has the shape %v and its kernel %v", dims, kernel)
	}
	ones := slices.Repeat([]int{1}, axes)
	g := grid{
		in: dims[2:], kernel: kernel, stride: n.intsOr("strides", ones), dilate: n.intsOr("dilations", ones),
		before: make([]int, axes), end: make([]int, axes), after: make([]int, axes), out: make([]int, axes),
	}
	pads := n.intsOr("pads", make([]int, 2*axes))
	if len(g.stride) != axes || len(g.dilate) != axes || len(pads) != 2*axes {
		failf("strides %v, dilations %v and pads %v do not fit %d spatial axes", g.stride, g.dilate, pads, axes)
	}
	auto, ceil := n.stringOr("auto_pad", "NOTSET"), n.intOr("ceil_mode", 0) != 0
	for i := range axes {
		if g.stride[i] < 1 || g.dilate[i] < 1 || g.kernel[i] < 1 {
			failf("kernel %v, strides %v and dilations %v must be positive", kernel, g.stride, g.dilate)
		}
		if max(g.kernel[i], g.stride[i], g.dilate[i], pads[i], pads[axes+i]) > largest ||
			min(pads[i], pads[axes+i]) < -largest {
			failf("kernel %v, strides %v, dilations %v and pads %v are larger than any picture", kernel, g.stride, g.dilate,
				pads)
		}
		g.before[i], g.end[i] = pads[i], pads[axes+i]
		g.autoPad(auto, i)
		g.out[i] = g.count(i, ceil)
		if g.out[i] < 1 {
			failf("its window %v does not fit into the input %v with the pads %v: the picture is too small for this model",
				kernel, g.in, pads)
		}
		// The windows read exactly these cells.
		g.after[i] = (g.out[i]-1)*g.stride[i] + g.extent(i) - g.in[i] - g.before[i]
	}
	return g
}

// kernelExtent returns the extent of a dilated kernel.
func kernelExtent(kernel, dilate int) int { return (kernel-1)*dilate + 1 }

func (g grid) extent(i int) int { return kernelExtent(g.kernel[i], g.dilate[i]) }

// count returns the number of windows on an axis: floor((in + pad - reach)/stride) + 1. With ceil_mode it is the
// ceiling, without a window that would begin in the end padding.
func (g grid) count(i int, ceil bool) int {
	free := g.in[i] + g.before[i] + g.end[i] - g.extent(i)
	switch {
	case free < 0 && (!ceil || -free >= g.stride[i]):
		return 0
	case free < 0: // one window, larger than the map
		return 1
	}
	n := free/g.stride[i] + 1
	if ceil && free%g.stride[i] != 0 && n*g.stride[i] < g.in[i]+g.before[i] {
		n++
	}
	return n
}

// autoPad resolves the deprecated auto_pad attribute into the pads of an axis.
func (g grid) autoPad(mode string, i int) {
	switch mode {
	case "NOTSET", "":
	case "VALID":
		g.before[i], g.end[i] = 0, 0
	case "SAME_UPPER", "SAME_LOWER":
		out := (g.in[i] + g.stride[i] - 1) / g.stride[i]
		total := max(0, (out-1)*g.stride[i]+g.extent(i)-g.in[i])
		less := total / 2
		g.before[i], g.end[i] = less, total-less
		if mode == "SAME_LOWER" {
			g.before[i], g.end[i] = total-less, less
		}
	default:
		failf("auto_pad %q is not known", mode)
	}
}

// padGrid pads x [b, c, axes...] for the windows.
func (b *builder) padGrid(x ref, g grid, fill float32) ref {
	return b.padWith(x, append([]int{0, 0}, g.before...), append([]int{0, 0}, g.after...), fill)
}

// taps calls f for each position of the kernel, with the values that the position reads in a padded x [b, c, axes...]:
// a strided slice [b, c, out...].
func (b *builder) taps(padded ref, g grid, f func(tap ref, position []int)) {
	for at := range size(g.kernel) {
		position := unravel(at, g.kernel)
		start, end, step := make([]int, len(padded.dims)), slices.Clone(padded.dims),
			slices.Repeat([]int{1}, len(padded.dims))
		for i, p := range position {
			start[2+i] = p * g.dilate[i]
			end[2+i] = start[2+i] + (g.out[i]-1)*g.stride[i] + 1
			step[2+i] = g.stride[i]
		}
		f(b.slice(padded, start, end, step), position)
	}
}

// unravel returns the index on each axis of a place in row-major order.
func unravel(at int, dims []int) []int {
	out := make([]int, len(dims))
	for i := len(dims) - 1; i >= 0; i-- {
		out[i], at = at%dims[i], at/dims[i]
	}
	return out
}

// cellWeights returns 1 over the number of cells that count, for each window: the cells in the input, or these and the
// pads. Cells that ceil_mode adds beyond the declared pads never count.
func (g grid) cellWeights(includePad bool) []float32 {
	if size(g.out) > mostFolded {
		failf("it has %v windows, which is more than a picture has", g.out)
	}
	counts := []float32{1}
	for i := range g.kernel {
		from, to := g.before[i], g.before[i]+g.in[i]
		if includePad {
			from, to = 0, to+g.end[i]
		}
		var next []float32
		for _, c := range counts {
			for o := range g.out[i] {
				next = append(next, c*float32(countWithin(o*g.stride[i], g.dilate[i], g.kernel[i], from, to)))
			}
		}
		counts = next
	}
	return convert(counts, func(c float32) float32 { return 1 / c })
}

// countWithin returns how many of the n places first, first + step, ... lie in [from, to).
func countWithin(first, step, n, from, to int) int {
	before := func(at int) int { return min(n, max(0, (at-first+step-1)/step)) } // number of places before at
	return max(0, before(to)-before(from))
}
