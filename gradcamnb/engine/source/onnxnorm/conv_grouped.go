package onnxnorm

import "fmt"

// convGroups emits a convolution in groups of several channels, in the form that is quicker on the backend.
func (b *builder) convGroups(x ref, c conv) ref {
	if b.pureGo {
		return b.multiplyGroups(x, c)
	}
	if !b.differentiable && c.positions(x.dims[0]) <= fewPositions {
		return b.dense(x, c)
	}
	return b.convBlocks(x, c)
}

// multiplyGroups puts the inputs of all positions of the kernel side by side. Every group is one product in a batch of
// products,
//
//	[b, h, w, k*l, g, in] -> [g, b*h*w, k*l*in] x [g, k*l*in, out] -> [b, h, w, g*out].
func (b *builder) multiplyGroups(x ref, c conv) ref {
	g, in, out := c.groups, c.kernel.dims[1], c.kernel.dims[0]/c.groups
	taps := c.window.kernel[0] * c.window.kernel[1]
	padded := b.padLast(x, c.window, 0)
	var cells []ref
	for i := range c.window.kernel[0] {
		for j := range c.window.kernel[1] {
			cells = append(cells, b.reshape(b.tap(padded, c.window, i, j), c.positions(x.dims[0]), 1, g, in))
		}
	}
	all := cells[0]
	if taps > 1 {
		all = b.emit("Concat", []int{all.dims[0], taps, g, in}, cells, attrInt("axis", 1))
	}
	rows := b.reshape(b.transpose(all, []int{2, 0, 1, 3}), g, all.dims[0], taps*in)
	// The kernel [g*out, in, k, l] as [g, k*l*in, out].
	split := c.kernel.reshape([]int{g, out, in, taps})
	split.origin = c.kernel.origin
	w := b.reorderKernel(split, "@g,hwi,o", []int{0, 3, 2, 1}, g, taps*in, out)
	y := b.matmul(rows, w) // [g, b*h*w, out]
	return b.reshape(b.transpose(y, []int{1, 0, 2}), x.dims[0], c.out[0], c.out[1], g*out)
}

// fewPositions is the number of positions up to which XLA's own grouped convolution is quicker than a convolution of
// each block, which has a cost of its own. RegNetY-400MF, whose groups have 8 channels, takes 15.5 ms instead of 18 for
// one picture and 73 instead of 79 for eight, and compiles half a second faster.
const fewPositions = 400

// blockChannels is how many channels are convolved at once. Fewer leave more convolutions, each with a cost of its own,
// and more multiply more zeros: for RegNetY-400MF in a batch of 8, 64 and 128 take a tenth and two fifths more time
// than 32.
const blockChannels = 32

// convBlocks joins neighbouring groups into blocks of up to blockChannels channels, and convolves every block with a
// dense kernel that is zero between its groups. XLA's convolution is much faster than its products of many small
// matrices, and saves much copying: RegNetY-400MF takes three fifths of the time.
func (b *builder) convBlocks(x ref, c conv) ref {
	in, out := c.kernel.dims[1], c.kernel.dims[0]/c.groups
	each := max(1, blockChannels/max(in, out))
	count := (c.groups + each - 1) / each
	var blocks []ref
	for i := range count {
		from, to := i*c.groups/count, (i+1)*c.groups/count
		part := c
		part.groups, part.kernel = 1, block(c.kernel, c.groups, from, to)
		piece := b.slice(x, []int{0, 0, 0, from * in}, []int{x.dims[0], x.dims[1], x.dims[2], to * in}, []int{1, 1, 1, 1})
		blocks = append(blocks, b.conv(piece, part))
	}
	if count == 1 {
		return blocks[0]
	}
	return b.emit("Concat", []int{x.dims[0], c.out[0], c.out[1], c.kernel.dims[0]}, blocks, attrInt("axis", 3))
}

// block returns the dense kernel [n*out, n*in, h, w] of groups from to to, n of them, of a
// kernel [groups*out, in, h, w].
func block(k *tensor, groups, from, to int) *tensor {
	in, out, area, n := k.dims[1], k.dims[0]/groups, k.dims[2]*k.dims[3], to-from
	t := &tensor{dims: []int{n * out, n * in, k.dims[2], k.dims[3]}, floats: func() []float32 {
		dense := make([]float32, n*out*n*in*area)
		values := k.floats()[from*out*in*area:]
		for o := range n * out {
			copy(dense[(o*n*in+o/out*in)*area:], values[o*in*area:(o+1)*in*area])
		}
		return dense
	}}
	if k.origin != "" {
		t.origin = fmt.Sprintf("%s@groups%d-%d", k.origin, from, to)
	}
	return t
}
