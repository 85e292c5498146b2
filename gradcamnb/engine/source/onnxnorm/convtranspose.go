package onnxnorm

import "slices"

// ConvTranspose spreads every pixel over the output: y[s*i + k - p] += x[i] * w[k].
//
// If the kernel is as large as the stride and there are no pads, nothing overlaps, and it is one matrix product and
// depth-to-space. Otherwise it is an ordinary convolution by the reversed kernel, of the picture with stride-1 zeros
// between its pixels.
var _ = register("ConvTranspose", func(b *builder, n *node) {
	if n.need(1).konst == nil {
		convTransposeGrid(b, n)
		return
	}
	makePlanesRule(2, convTranspose, convTransposeGrid)(b, n)
}, nil)

func convTranspose(b *builder, n *node) {
	v, k := n.need(0), n.need(1)
	if len(k.dims) != 4 {
		failf("its input has the shape %v and its kernel %v", v.dims, k.dims)
	}
	groups := n.intOr("group", 1)
	if groups < 1 || v.dims[1] != k.dims[0] || k.dims[0]%groups != 0 {
		failf("its input has %d channels, and its kernel %v in %d groups takes %d", v.dims[1], k.dims, groups, k.dims[0])
	}
	t := newTransposedConv(n, v.dims, k.dims)
	x := b.moveChannelsLast(v)
	var y ref
	if !b.whole && t.kernel == t.stride && t.cut == [4]int{} && t.dilate == [2]int{1, 1} && groups == 1 {
		y = b.convWithoutOverlap(x, t, k.konst)
	} else {
		y = b.convWithOverlap(x, t, k.konst, groups)
	}
	n.out = []*value{b.newFromLast(b.bias(y, n.input(2)))}
}

// transposedConv is the geometry of a transposed convolution.
type transposedConv struct {
	in, kernel, stride, dilate [2]int

	// cut is how many lines are cut from the full output at the top, left, bottom and right. A number below zero says
	// how many zeros are added, which output_padding may cause.
	cut [4]int
}

func newTransposedConv(n *node, in, kernel []int) transposedConv {
	stride, dilate, begin, end := readTransposedAxes(n, in[2:], kernel[2:])
	return transposedConv{
		in: [2]int(in[2:]), kernel: [2]int(kernel[2:]), stride: [2]int(stride), dilate: [2]int(dilate),
		cut: [4]int{begin[0], begin[1], end[0], end[1]},
	}
}

// readTransposedAxes reads the attributes, for any number of axes. With output_shape or auto_pad, it cuts
//
//	total = stride*(in - 1) + output_padding + (kernel - 1)*dilation + 1 - output
//
// off the full output, a half at either end.
func readTransposedAxes(n *node, in, kernel []int) (stride, dilate, begin, end []int) {
	count := len(in)
	ones := slices.Repeat([]int{1}, count)
	stride, dilate = n.intsOr("strides", ones), n.intsOr("dilations", ones)
	pads, extra := n.intsOr("pads", make([]int, 2*count)), n.intsOr("output_padding", make([]int, count))
	if len(kernel) != count || len(stride) != count || len(dilate) != count || len(pads) != 2*count ||
		len(extra) != count {
		failf("strides %v, dilations %v, pads %v and output_padding %v do not fit %d spatial axes", stride, dilate, pads,
			extra, count)
	}
	begin, end = slices.Clone(pads[:count]), slices.Clone(pads[count:])
	auto, shape := n.stringOr("auto_pad", "NOTSET"), n.intsOr("output_shape", nil)
	if len(shape) > count { // batch and channels, too
		shape = shape[len(shape)-count:]
	}
	for i := range count {
		full := stride[i]*(in[i]-1) + extra[i] + (kernel[i]-1)*dilate[i] + 1
		out := in[i] * stride[i]
		switch {
		case len(shape) == count:
			out = shape[i]
		case auto == "VALID":
			out = full
		case auto == "NOTSET" || auto == "":
			end[i] -= extra[i]
			continue
		}
		total := max(0, full-out)
		begin[i] = total - total/2
		if auto == "SAME_UPPER" {
			begin[i] = total / 2
		}
		end[i] = full - out - begin[i] - extra[i]
	}
	return stride, dilate, begin, end
}

// convWithoutOverlap emits a transposed convolution without overlap: [b, h, w, in] x [in, k*l*out] -> [b, h, w, k, l,
// out] -> [b, h*k, w*l, out].
func (b *builder) convWithoutOverlap(x ref, t transposedConv, k *tensor) ref {
	batch, out := x.dims[0], k.dims[1]
	y := b.linear(x, b.reorderKernel(k, "@i,hwo", []int{0, 2, 3, 1}, k.dims[0], t.kernel[0]*t.kernel[1]*out))
	y = b.reshape(y, batch, t.in[0], t.in[1], t.kernel[0], t.kernel[1], out)
	y = b.transpose(y, []int{0, 1, 3, 2, 4, 5})
	return b.reshape(y, batch, t.in[0]*t.stride[0], t.in[1]*t.stride[1], out)
}

func (b *builder) convWithOverlap(x ref, t transposedConv, k *tensor, groups int) ref {
	batch, channels := x.dims[0], x.dims[3]
	// Zeros are put after every pixel, and the zeros after the last one are cut off.
	x = b.reshape(x, batch, t.in[0], 1, t.in[1], 1, channels)
	x = b.pad(x, make([]int, 6), []int{0, 0, t.stride[0] - 1, 0, t.stride[1] - 1, 0}, 0)
	x = b.reshape(x, batch, t.in[0]*t.stride[0], t.in[1]*t.stride[1], channels)
	w := window{kernel: t.kernel, stride: [2]int{1, 1}, dilate: t.dilate}
	before, after := make([]int, 4), make([]int, 4)
	for i := range 2 {
		// If a whole kernel of the output, or more, is cut or added, that is done after the convolution: GoMLX has no
		// gradient of a convolution that has windows in the padding only.
		most := w.extent(i) - 1
		begin, end := min(max(t.cut[i], 0), most), min(max(t.cut[2+i], 0), most)
		before[1+i], after[1+i] = begin-t.cut[i], end-t.cut[2+i]
		w.in[i] = (t.in[i]-1)*t.stride[i] + 1
		w.before[i], w.after[i] = most-begin, most-end
		w.out[i] = w.in[i] + w.before[i] + w.after[i] - most
		if w.out[i] < 1 {
			failf("pads %v leave nothing of the output", t.cut)
		}
	}
	x = b.slice(x, []int{0, 0, 0, 0}, []int{batch, w.in[0], w.in[1], channels}, []int{1, 1, 1, 1})
	y := b.conv(x, conv{window: w, kernel: turnKernel(k, groups), groups: groups})
	return b.padWith(y, before, after, 0)
}

// turnKernel returns the kernel [in, out/groups, h, w] for the ordinary convolution, as [out, in/groups, h, w] with
// both spatial axes reversed.
func turnKernel(k *tensor, groups int) *tensor {
	in, out, h, w := k.dims[0]/groups, k.dims[1], k.dims[2], k.dims[3]
	u := k.reshape([]int{groups, in, out, h, w}).transpose([]int{0, 2, 1, 3, 4})
	each := h * w
	t := &tensor{dims: []int{groups * out, in, h, w}, floats: func() []float32 {
		values := slices.Clone(u.floats())
		for at := 0; at < len(values); at += each {
			slices.Reverse(values[at : at+each])
		}
		return values
	}}
	if k.origin != "" {
		t.origin = k.origin + "@turned"
	}
	return t
}
