package onnxnorm

import (
	"math"
	"slices"
)

// Pools over any number of axes, for signals, volumes and the outputs and modes that [MaxPool] and [AveragePool] over
// two axes do not have.

// maxPoolGrid builds MaxPool with a second output: the places of the largest cells, counted through the whole input,
// row by row or, with storage_order 1, column by column.
func maxPoolGrid(b *builder, n *node) {
	x := b.plain(n.need(0))
	g := newGrid(n, x.dims, n.intsOr("kernel_shape", nil))
	order := countUp(len(g.in))
	if n.intOr("storage_order", 0) != 0 {
		slices.Reverse(order)
	}
	var places []ref
	if len(n.Output) > 1 && n.Output[1] != "" {
		b.taps(b.padGrid(b.cellNumbers(x.dims, order), g, -1), g, func(tap ref, _ []int) { places = append(places, tap) })
	}
	var most, at ref
	b.taps(b.padGrid(x, g, negInf), g, func(tap ref, _ []int) {
		if !most.ok() {
			most = tap
			if places != nil {
				at = b.broadcastTo(places[0], tap.dims)
			}
			return
		}
		if places != nil {
			places = places[1:]
			at = b.choose(b.binary("Greater", tap, most), places[0], at)
		}
		most = b.maxOrFirst(most, tap)
	})
	n.out = []*value{newFromPlain(most)}
	if at.ok() {
		n.out = append(n.out, newFromPlain(at).setKind(whole))
	}
}

// cellNumbers numbers the cells of x [b, c, axes...]. The last axis in the given order counts fastest.
func (b *builder) cellNumbers(dims, order []int) ref {
	spatial := dims[2:]
	inner := permute(spatial, order)
	values := make([]float32, size(dims))
	step := make([]int, len(spatial))
	for i, s := range strides(inner) {
		step[order[i]] = s
	}
	for i := range values {
		plane, cell := i/size(spatial), i%size(spatial)
		at := plane * size(spatial)
		for a, k := range unravel(cell, spatial) {
			at += k * step[a]
		}
		values[i] = float32(at)
	}
	return b.floats(slices.Clone(dims), values)
}

// averagePoolGrid builds AveragePool over any number of axes.
func averagePoolGrid(b *builder, n *node) {
	x := b.plain(n.need(0))
	g := newGrid(n, x.dims, n.intsOr("kernel_shape", nil))
	sum := b.sumGrid(x, g)
	weights := g.cellWeights(n.intOr("count_include_pad", 0) != 0)
	n.out = []*value{newFromPlain(b.mul(sum, b.floats(append([]int{1, 1}, g.out...), weights)))}
}

func (b *builder) sumGrid(x ref, g grid) ref {
	var sum ref
	b.taps(b.padGrid(x, g, 0), g, func(tap ref, _ []int) { sum = b.addTo(sum, tap) })
	return sum
}

// LpPool is (SUM |x|^p)^(1/p) over each window, and GlobalLpPool over every channel.
var (
	_ = register("LpPool", func(b *builder, n *node) {
		x := b.plain(n.need(0))
		g := newGrid(n, x.dims, n.intsOr("kernel_shape", nil))
		p := lpOrder(n)
		n.out = []*value{newFromPlain(b.powerOf(b.sumGrid(b.powerOf(b.abs(x), p), g), 1/p))}
	}, nil)
	_ = register("GlobalLpPool", func(b *builder, n *node) {
		x, p := b.plain(n.need(0)), lpOrder(n)
		over := countUp(len(x.dims))[2:]
		n.out = []*value{newFromPlain(b.powerOf(b.reduceRef("ReduceSum", b.powerOf(b.abs(x), p), over), 1/p))}
	}, nil)
)

// lpOrder returns the attribute p, a whole number since opset 2.
func lpOrder(n *node) float32 {
	if a := n.attr("p"); a != nil && a.I == 0 && a.F != 0 {
		return a.F
	}
	return float32(n.intOr("p", 2))
}

// LpNormalization is x / (SUM |x|^p)^(1/p) along an axis, and 0 if that is 0.
var _ = register("LpNormalization", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	at := []int{axis(n.intOr("axis", -1), len(x.dims))}
	var norm ref
	if n.intOr("p", 2) == 1 {
		norm = b.reduceRef("ReduceSum", b.abs(x), at)
	} else {
		norm = b.root(b.reduceRef("ReduceSum", b.square(x), at))
	}
	n.out = []*value{newFromPlain(b.div(x, b.choose(b.isZero(norm), b.scalar(1), norm)))}
}, nil)

// MaxUnpool puts each value at its place in a tensor of zeros. If windows overlap, several may have one place.
var _ = register("MaxUnpool", func(b *builder, n *node) {
	x, at := b.plain(n.need(0)), n.need(1)
	dims := slices.Clone(x.dims)
	kernel := n.intsOr("kernel_shape", nil)
	ones := slices.Repeat([]int{1}, len(kernel))
	stride, pads := n.intsOr("strides", ones), n.intsOr("pads", make([]int, 2*len(kernel)))
	if len(kernel) != len(dims)-2 || len(stride) != len(kernel) || len(pads) != 2*len(kernel) {
		failf("its kernel %v does not fit an input of shape %v", kernel, dims)
	}
	for i := range kernel {
		dims[2+i] = (dims[2+i]-1)*stride[i] + kernel[i] - pads[i] - pads[len(kernel)+i]
	}
	asked := dims
	if n.input(2) != nil {
		asked = n.constantInput(2, "output_shape").toInts()
	}
	// Places given as constants count through a tensor of the shape that the window implies, as in ONNX's own example. A
	// MaxPool's count through the tensor that it pooled, whose shape is asked for; so does onnxruntime.
	if at.konst == nil {
		dims = asked
	}
	count := size(x.dims)
	zeros := b.fillConstant([]int{size(dims), 1}, 0)
	index := b.reshape(b.lookupIndices(at, math.MaxInt32), count, 1)
	y := b.reshape(b.overwriteRows(zeros, index, b.reshape(x, count, 1)), dims...)
	before, after := make([]int, len(dims)), make([]int, len(dims))
	for i := range dims {
		after[i] = asked[i] - dims[i]
	}
	n.out = []*value{newFromPlain(b.padWith(y, before, after, 0))}
}, nil)
