package onnxnorm

import (
	"fmt"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Conv becomes the form below that is right and fast for its kernel:
//
//	1x1                      one matrix product         pointwise
//	kernel = stride, no pad  space-to-depth + product   patch
//	depthwise                shifted multiply-adds      depthwise
//	grouped                  products, blocks or Conv   grouped
//	3x3, large, no gradient  quarter multiplications    winograd
//	strided, with gradient   slices + one product       unfolded
//	large, few positions     slices + one product       unfolded
//	any other, on pure Go    slices + one product       unfolded
//	any other                Conv                       dense
//
// GoMLX's gradient of a convolution with an even kernel is wrong, so the dense form pads such a kernel to an odd one.
// The gradient of a grouped convolution hangs the pure-Go backend and takes XLA minutes to compile, so the rewritten
// graph has none if a gradient is taken. GoMLX has no second derivative of a convolution with explicit strides, even 1.
var _ = register("Conv", func(b *builder, n *node) {
	if n.need(1).konst == nil {
		convGrid(b, n)
		return
	}
	makePlanesRule(2, conv2, convGrid)(b, n)
}, nil)

func conv2(b *builder, n *node) {
	v, k := n.need(0), n.need(1)
	if len(k.dims) != 4 {
		failf("its kernel has the shape %v, and its input %v", k.dims, v.dims)
	}
	c := conv{window: newWindow(n, v.dims, k.dims[2:]), kernel: k.konst, groups: n.intOr("group", 1)}
	if c.groups < 1 || v.dims[1] != k.dims[1]*c.groups || k.dims[0]%c.groups != 0 {
		failf("its input has %d channels, and its kernel %v in %d groups takes %d", v.dims[1], k.dims, c.groups,
			k.dims[1]*c.groups)
	}
	y := b.conv(b.moveChannelsLast(v), c)
	n.out = []*value{b.newFromLast(b.bias(y, n.input(2)))}
}

// conv is a convolution of a channels-last picture with a constant kernel [out, in/groups, h, w].
type conv struct {
	window
	kernel *tensor
	groups int
}

// positions returns the number of results for each channel, in a batch.
func (c conv) positions(batch int) int { return batch * c.out[0] * c.out[1] }

func (b *builder) conv(x ref, c conv) ref {
	if !b.whole {
		return b.emitConv(x, c)
	}
	if c.stride != [2]int{1, 1} && c.dilate != [2]int{1, 1} {
		failf("it has strides and dilations at once, for which there is no rule of relevance: take Input x gradient")
	}
	return b.dense(x, c)
}

// emitConv writes a convolution in the form that is right and fast for its kernel.
func (b *builder) emitConv(x ref, c conv) ref {
	noPad := c.before == [2]int{} && c.after[0] <= 0 && c.after[1] <= 0
	switch {
	case c.groups > 1 && c.kernel.dims[1] == 1 && c.kernel.dims[0] == c.groups:
		return b.depthwise(x, c)
	case c.groups > 1:
		return b.convGroups(x, c)
	case c.window.kernel == [2]int{1, 1} && noPad:
		return b.pointwise(x, c)
	case c.window.kernel == c.stride && c.dilate == [2]int{1, 1} && noPad:
		return b.patch(x, c)
	case b.gainsByWinograd(x, c):
		return b.winograd(x, c)
	case b.pureGo, b.exceedsStandardConv(c), b.isPackedByXLA(c.positions(x.dims[0]), size(c.kernel.dims)):
		return b.unfold(x, c)
	}
	return b.dense(x, c)
}

// exceedsStandardConv tells whether ONNX's own Conv cannot do a convolution: onnx-gomlx does not take strides and
// dilations together, and GoMLX has no second derivative of a convolution with strides.
func (b *builder) exceedsStandardConv(c conv) bool {
	return c.stride != [2]int{1, 1} && (c.dilate != [2]int{1, 1} || b.differentiable)
}

// unfold puts the inputs of all positions of the kernel side by side and multiplies once,
//
//	[b, h, w, k*l*in] x [k*l*in, out] -> [b, h, w, out].
//
// Products are seven times as fast as convolutions on the pure-Go backend. They have a second derivative, which GoMLX's
// convolution with strides does not have.
func (b *builder) unfold(x ref, c conv) ref {
	k, l, in := c.window.kernel[0], c.window.kernel[1], c.kernel.dims[1]
	padded := b.padLast(x, c.window, 0)
	var taps []ref
	for i := range k {
		for j := range l {
			taps = append(taps, b.tap(padded, c.window, i, j))
		}
	}
	all := b.emit("Concat", []int{x.dims[0], c.out[0], c.out[1], k * l * in}, taps, attrInt("axis", 3))
	return b.multiplyLast(all, c.kernel)
}

// multiplyLast multiplies the last axis of x, [h*w*in], by a kernel [out, in, h, w].
func (b *builder) multiplyLast(x ref, k *tensor) ref {
	out, in := k.dims[0], size(k.dims[1:])
	if b.isPackedByXLA(size(x.dims)/in, in*out) {
		w := b.reorderKernel(k, "@o,hwi", []int{0, 2, 3, 1}, out, in)
		return b.linear(x, b.transpose(w, []int{1, 0}))
	}
	return b.linear(x, b.reorderKernel(k, "@hwi,o", []int{2, 3, 1, 0}, in, out))
}

// dense emits ONNX's own Conv between two transposes, which XLA removes; it has groups if c has. Its weight is stored
// [h, w, in, out], the order that XLA reads. If the kernel has an even side, a row of zeros is added at its end.
func (b *builder) dense(x ref, c conv) ref {
	kernel, before, after := c.kernel, c.before, c.after
	odd := c.window.kernel
	for i := range 2 {
		if odd[i]%2 == 0 {
			odd[i]++
			after[i] += c.dilate[i]
		}
	}
	name, fill := kernel.origin+"@hwio", kernel.transpose([]int{2, 3, 1, 0}).fill
	if odd != c.window.kernel {
		name = fmt.Sprintf("%s@hwio%v", kernel.origin, odd)
		fill = copied(func() []float32 { return zeroRows(kernel.transpose([]int{2, 3, 1, 0}), odd) })
	}
	w := b.weightOrConstant(kernel, name, []int{odd[0], odd[1], kernel.dims[1], kernel.dims[0]}, fill)

	x = b.slice(x, []int{0, 0, 0, 0}, []int{x.dims[0], x.dims[1] + min(0, after[0]), x.dims[2] + min(0, after[1]),
		x.dims[3]}, []int{1, 1, 1, 1})
	nchw := b.transpose(x, inverse(channelsLast(4)))
	pads := []int{before[0], before[1], max(0, after[0]), max(0, after[1])}
	attrs := []*protos.AttributeProto{attrInts("kernel_shape", odd[:]), attrInts("dilations", c.dilate[:]),
		attrInts("pads", pads)}
	if c.stride != [2]int{1, 1} {
		attrs = append(attrs, attrInts("strides", c.stride[:]))
	}
	if c.groups > 1 {
		attrs = append(attrs, attrInt("group", c.groups))
	}
	y := b.emit("Conv", []int{x.dims[0], kernel.dims[0], c.out[0], c.out[1]},
		[]ref{nchw, b.transpose(w, []int{3, 2, 0, 1})}, attrs...)
	return b.transpose(y, channelsLast(4))
}

// zeroRows enlarges a kernel [h, w, in, out] to odd [h, w] with zeros at the end.
func zeroRows(k *tensor, odd [2]int) []float32 {
	h, w, each := k.dims[0], k.dims[1], k.dims[2]*k.dims[3]
	out := make([]float32, odd[0]*odd[1]*each)
	from := k.floats()
	for y := range h {
		copy(out[y*odd[1]*each:], from[y*w*each:(y+1)*w*each])
	}
	return out
}

// weightOrConstant declares a reordered kernel: a weight if it is one of the model's, a constant if folding made it.
func (b *builder) weightOrConstant(of *tensor, name string, dims []int, fill func(into []float32)) ref {
	if of.origin == "" {
		return b.floats(dims, Weight{dims, fill}.Values())
	}
	return b.largeWeight(name, dims, fill)
}

// reorderKernel declares a kernel transposed and then viewed under other dims.
func (b *builder) reorderKernel(k *tensor, how string, perm []int, dims ...int) ref {
	return b.weightOrConstant(k, k.origin+how, dims, func(into []float32) { k.transpose(perm).fill(into) })
}
