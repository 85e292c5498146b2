package vjp

import (
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

func init() { register(NodeTypeConvGeneral, convolution) }

// convolution returns the gradient of y = x * k with strides s and padding p in front. The input is dilated by a, the
// kernel by d, and the channels are in g groups. With K = (k-1) d + 1, the length of the dilated kernel,
//
//	dS/dx = v * k turned round, v dilated by s, strides a, padding K - 1 - p in front
//	dS/dk = x * v, v dilated by s, strides d, padding p in front
//
// and the padding behind is whatever gives the lengths of x and of k. GoMLX 0.28.8 pads the first one wrongly if the
// kernel is even, splits both into g convolutions, and has no gradient for an a above 1.
func convolution(n, v *Node) []*Node {
	c := walk.ConvolutionOf(n)
	x, k := n.Inputs()[0], n.Inputs()[1]
	if c.BatchGroups > 1 {
		exceptions.Panicf("the gradient of a convolution with %d groups of pictures is not known", c.BatchGroups)
	}
	return []*Node{inputGradient(c, x, k, v), kernelGradient(c, x, k, v)}
}

// lengths returns the lengths of some axes.
func lengths(n *Node, axes []int) []int {
	out := make([]int, len(axes))
	for i, a := range axes {
		out[i] = n.Shape().Dim(a)
	}
	return out
}

// dilatedLength returns a length after its cells were moved apart by a dilation.
func dilatedLength(n, dilation int) int { return (n-1)*dilation + 1 }

func inputGradient(c walk.Convolution, x, k, v *Node) *Node {
	a := c.Axes
	in, out, kernel := lengths(x, a.InputSpatial), lengths(v, a.OutputSpatial), lengths(k, a.KernelSpatial)
	padding := make([][2]int, len(in))
	for i := range in {
		long := dilatedLength(kernel[i], c.KernelDilations[i])
		front := long - 1 - c.Paddings[i][0]
		all := dilatedLength(in[i], c.InputDilations[i]) + long - 1 - dilatedLength(out[i], c.Strides[i])
		padding[i] = [2]int{front, all - front}
	}
	turned := Reverse(k, a.KernelSpatial...)
	back := ConvolveAxesConfig{
		InputBatch: a.OutputBatch, InputChannels: a.OutputChannels, InputSpatial: a.OutputSpatial,
		KernelInputChannels: a.KernelOutputChannels, KernelOutputChannels: a.KernelInputChannels,
		KernelSpatial: a.KernelSpatial,
		OutputBatch:   a.InputBatch, OutputChannels: a.InputChannels, OutputSpatial: a.InputSpatial,
	}
	if c.Groups > 1 { // [..., in/g, out] -> [..., out/g, in]
		spatial := len(a.KernelSpatial)
		order := append(slices.Clone(a.KernelSpatial), a.KernelInputChannels, a.KernelOutputChannels)
		turned = TransposeAllAxes(turned, order...)
		dims := slices.Clone(turned.Shape().Dimensions)
		each, all := dims[spatial], dims[spatial+1]
		turned = Reshape(turned, append(slices.Clone(dims[:spatial]), each, c.Groups, all/c.Groups)...)
		swap := seq(spatial)
		turned = TransposeAllAxes(turned, append(swap, spatial+2, spatial+1, spatial)...)
		turned = Reshape(turned, append(slices.Clone(dims[:spatial]), all/c.Groups, each*c.Groups)...)
		back.KernelSpatial, back.KernelInputChannels, back.KernelOutputChannels = seq(spatial), spatial, spatial+1
	}
	return ConvGeneral(v, turned, back, c.InputDilations, padding, c.Strides, c.KernelDilations, c.Groups, 1)
}

// kernelGradient swaps pictures and channels: it sums over the pictures of x and v.
func kernelGradient(c walk.Convolution, x, k, v *Node) *Node {
	if c.Groups > 1 {
		return groupedKernelGradient(c, x, k, v)
	}
	a := c.Axes
	in, out, kernel := lengths(x, a.InputSpatial), lengths(v, a.OutputSpatial), lengths(k, a.KernelSpatial)
	padding := make([][2]int, len(in))
	for i := range in {
		front := c.Paddings[i][0]
		padding[i] = [2]int{front, dilatedLength(kernel[i], c.KernelDilations[i]) - front - 1 +
			dilatedLength(out[i], c.Strides[i]) - dilatedLength(in[i], c.InputDilations[i])}
	}
	axes := ConvolveAxesConfig{
		InputBatch: a.InputChannels, InputChannels: a.InputBatch, InputSpatial: a.InputSpatial,
		KernelInputChannels: a.OutputBatch, KernelOutputChannels: a.OutputChannels, KernelSpatial: a.OutputSpatial,
		OutputBatch: a.KernelInputChannels, OutputChannels: a.KernelOutputChannels, OutputSpatial: a.KernelSpatial,
	}
	return ConvGeneral(x, v, axes, c.KernelDilations, padding, c.InputDilations, c.Strides, 1, 1)
}

// groupedKernelGradient computes one product for each cell of the kernel and each group: what lies under the cell, for
// all outputs, times v. Convolutions in groups of pictures would do it at once, but they end the pure-Go backend of
// compute 0.1.6 with an index out of range.
func groupedKernelGradient(c walk.Convolution, x, k, v *Node) *Node {
	a := c.Axes
	spatial := len(a.InputSpatial)
	x = TransposeAllAxes(x, append(append([]int{a.InputBatch}, a.InputSpatial...), a.InputChannels)...)
	v = TransposeAllAxes(v, append(append([]int{a.OutputBatch}, a.OutputSpatial...), a.OutputChannels)...)
	out, kernel := v.Shape().Dimensions[1:1+spatial], lengths(k, a.KernelSpatial)
	pads := make([]compute.PadAxis, spatial+2)
	for i := range spatial {
		pads[1+i] = compute.PadAxis{Start: c.Paddings[i][0], End: c.Paddings[i][1], Interior: c.InputDilations[i] - 1}
	}
	x = Pad(x, ScalarZero(x.Graph(), x.DType()), pads...)
	each, all := k.Shape().Dim(a.KernelInputChannels), k.Shape().Dim(a.KernelOutputChannels)
	v = Reshape(v, -1, c.Groups, all/c.Groups)
	var cells []*Node
	cell := make([]int, spatial)
	for range k.Shape().Size() / (each * all) {
		ranges := []SliceAxisSpec{AxisRange()}
		for i, at := range cell {
			start := at * c.KernelDilations[i]
			ranges = append(ranges, AxisRange(start, start+dilatedLength(out[i], c.Strides[i])).Stride(c.Strides[i]))
		}
		under := Reshape(Slice(x, append(ranges, AxisRange())...), -1, c.Groups, each)
		product := EinsumAxes(under, v, [][2]int{{0, 0}}, [][2]int{{1, 1}}) // [groups, in/g, out/g]
		cells = append(cells, Reshape(TransposeAllAxes(product, 1, 0, 2), 1, each, all))
		for i := spatial - 1; i >= 0; i-- { // the next cell, the last axis first
			if cell[i]++; cell[i] < kernel[i] {
				break
			}
			cell[i] = 0
		}
	}
	whole := Reshape(Concatenate(cells, 0), append(slices.Clone(kernel), each, all)...)
	order := make([]int, spatial+2) // of the kernel's axes
	for i, at := range append(slices.Clone(a.KernelSpatial), a.KernelInputChannels, a.KernelOutputChannels) {
		order[at] = i
	}
	return TransposeAllAxes(whole, order...)
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
