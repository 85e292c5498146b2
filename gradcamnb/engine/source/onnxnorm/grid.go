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
		w := g.along(i)
		if w.stride[0] < 1 || w.dilate[0] < 1 || w.kernel[0] < 1 {
			failf("kernel %v, strides %v and dilations %v must be positive", kernel, g.stride, g.dilate)
		}
		g.before[i], g.end[i] = autoPad(auto, w, 0, pads[i], pads[axes+i])
		w = g.along(i)
		g.out[i] = w.count(0, g.before[i]+g.end[i], ceil)
		if g.out[i] < 1 {
			failf("its window %v does not fit into the input %v with the pads %v: the picture is too small for this model", kernel, g.in, pads)
		}
		g.after[i] = (g.out[i]-1)*w.stride[0] + w.reach(0) - w.in[0] - g.before[i]
	}
	return g
}

// along is one axis of the grid as the first of a window.
func (g grid) along(i int) window {
	return window{in: [2]int{g.in[i]}, kernel: [2]int{g.kernel[i]}, stride: [2]int{g.stride[i]}, dilate: [2]int{g.dilate[i]}, before: [2]int{g.before[i]}, out: [2]int{g.out[i]}, end: [2]int{g.end[i]}}
}

// padGrid pads x [b, c, axes...] for the windows.
func (b *builder) padGrid(x ref, g grid, fill float32) ref {
	return b.filled(x, append([]int{0, 0}, g.before...), append([]int{0, 0}, g.after...), fill)
}

// taps calls f with what each position of the kernel reads in a padded x [b, c, axes...]: a
// strided slice [b, c, out...].
func (b *builder) taps(padded ref, g grid, f func(tap ref, position []int)) {
	for at := range size(g.kernel) {
		position := unravel(at, g.kernel)
		start, end, step := make([]int, len(padded.dims)), slices.Clone(padded.dims), slices.Repeat([]int{1}, len(padded.dims))
		for i, p := range position {
			start[2+i] = p * g.dilate[i]
			end[2+i] = start[2+i] + (g.out[i]-1)*g.stride[i] + 1
			step[2+i] = g.stride[i]
		}
		f(b.slice(padded, start, end, step), position)
	}
}

// unravel is the index, axis by axis, of a place in row-major order.
func unravel(at int, dims []int) []int {
	out := make([]int, len(dims))
	for i := len(dims) - 1; i >= 0; i-- {
		out[i], at = at%dims[i], at/dims[i]
	}
	return out
}

// cells is for each window how many of its cells lie in the input, or with the pads in them.
func (g grid) cells(includePad bool) []float32 {
	counts := []float32{1}
	for i := range g.kernel {
		from, to := g.before[i], g.before[i]+g.in[i]
		if includePad {
			from, to = 0, to+g.end[i]
		}
		var next []float32
		for _, c := range counts {
			for o := range g.out[i] {
				n := 0
				for k := range g.kernel[i] {
					if at := o*g.stride[i] + k*g.dilate[i]; at >= from && at < to {
						n++
					}
				}
				next = append(next, c*float32(n))
			}
		}
		counts = next
	}
	return counts
}
