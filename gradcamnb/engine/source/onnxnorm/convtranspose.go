package onnxnorm

import "slices"

// ConvTranspose spreads every pixel over the output: y[s*i + k - p] += x[i] * w[k].
//
// With kernel = stride and no pads nothing overlaps, and it is one matrix product
// and depth-to-space. Otherwise it is an ordinary convolution of the picture with
// stride-1 zeros between its pixels, by the kernel turned round.
var _ = register("ConvTranspose", func(b *builder, n *node) {
	v, k := n.need(0), n.need(1)
	if k.konst == nil || len(k.dims) != 4 || len(v.dims) != 4 {
		failf("its input has the shape %v and its kernel %v, and only constant kernels with two spatial axes, [in, out, h, w], are supported", v.dims, k.dims)
	}
	if n.intOr("group", 1) != 1 {
		failf("transposed convolution in groups is not supported")
	}
	if v.dims[1] != k.dims[0] {
		failf("its input has %d channels, and its kernel %v takes %d", v.dims[1], k.dims, k.dims[0])
	}
	t := newTransposed(n, v.dims, k.dims)
	x := b.lastOf(v)
	var y ref
	if t.kernel == t.stride && t.cut == [4]int{} && t.extra == [2]int{} && t.dilate == [2]int{1, 1} {
		y = b.spread(x, t, k.konst)
	} else {
		y = b.overlap(x, t, k.konst)
	}
	n.out = []*value{b.fromLast(b.bias(y, n.input(2)))}
}, nil)

// transposed is the geometry of a transposed convolution.
type transposed struct {
	in, kernel, stride, dilate [2]int
	cut                        [4]int // pads: cut from the output at top, left, bottom, right
	extra                      [2]int // output_padding: added at the end
}

func newTransposed(n *node, in, kernel []int) transposed {
	t := transposed{
		in: [2]int(in[2:]), kernel: [2]int(kernel[2:]),
		stride: [2]int(n.intsOr("strides", []int{1, 1})), dilate: [2]int(n.intsOr("dilations", []int{1, 1})),
		cut: [4]int(n.intsOr("pads", []int{0, 0, 0, 0})), extra: [2]int(n.intsOr("output_padding", []int{0, 0})),
	}
	if auto := n.stringOr("auto_pad", "NOTSET"); auto != "NOTSET" {
		failf("auto_pad %q of a transposed convolution is not supported", auto)
	}
	if n.attr("output_shape") != nil {
		failf("output_shape is not supported: export the model with pads")
	}
	return t
}

// spread: [b, h, w, in] x [in, k*l*out] -> [b, h, w, k, l, out] -> [b, h*k, w*l, out].
func (b *builder) spread(x ref, t transposed, k *tensor) ref {
	batch, out := x.dims[0], k.dims[1]
	y := b.linear(x, b.reordered(k, "@i,hwo", []int{0, 2, 3, 1}, k.dims[0], t.kernel[0]*t.kernel[1]*out))
	y = b.reshape(y, batch, t.in[0], t.in[1], t.kernel[0], t.kernel[1], out)
	y = b.transpose(y, []int{0, 1, 3, 2, 4, 5})
	return b.reshape(y, batch, t.in[0]*t.stride[0], t.in[1]*t.stride[1], out)
}

func (b *builder) overlap(x ref, t transposed, k *tensor) ref {
	batch, channels := x.dims[0], x.dims[3]
	// Zeros after every pixel, then the zeros behind the last one taken off.
	x = b.reshape(x, batch, t.in[0], 1, t.in[1], 1, channels)
	x = b.pad(x, make([]int, 6), []int{0, 0, t.stride[0] - 1, 0, t.stride[1] - 1, 0}, 0)
	x = b.reshape(x, batch, t.in[0]*t.stride[0], t.in[1]*t.stride[1], channels)
	w := window{kernel: t.kernel, stride: [2]int{1, 1}, dilate: t.dilate}
	for i := range 2 {
		w.in[i] = (t.in[i]-1)*t.stride[i] + 1
		w.before[i] = w.reach(i) - 1 - t.cut[i]
		w.after[i] = w.reach(i) - 1 - t.cut[2+i] + t.extra[i]
		w.out[i] = w.in[i] + w.before[i] + w.after[i] - w.reach(i) + 1
		if w.before[i] < 0 || w.out[i] < 1 {
			failf("pads %v with the kernel %v are not supported", t.cut, t.kernel)
		}
	}
	x = b.slice(x, []int{0, 0, 0, 0}, []int{batch, w.in[0], w.in[1], channels}, []int{1, 1, 1, 1})
	return b.conv(x, conv{window: w, kernel: turned(k), groups: 1})
}

// turned is the kernel [in, out, h, w] as the ordinary convolution wants it:
// [out, in, h, w] with both spatial axes reversed.
func turned(k *tensor) *tensor {
	u := k.transposed([]int{1, 0, 2, 3})
	each := k.dims[2] * k.dims[3]
	t := &tensor{dims: u.dims, floats: func() []float32 {
		out := slices.Clone(u.floats())
		for at := 0; at < len(out); at += each {
			slices.Reverse(out[at : at+each])
		}
		return out
	}}
	if k.origin != "" {
		t.origin = k.origin + "@turned"
	}
	return t
}
