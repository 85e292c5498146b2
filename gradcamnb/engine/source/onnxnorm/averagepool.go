package onnxnorm

// AveragePool is the sum of shifted slices divided by the number of cells that
// count: all of the window with count_include_pad, else those inside the picture.
var _ = register("AveragePool", makePlanesRule(1, averagePool, averagePoolGrid), nil)

func averagePool(b *builder, n *node) {
	v := n.need(0)
	w := newWindow(n, v.dims, n.intsOr("kernel_shape", nil))
	x := b.moveChannelsLast(v)
	weights := w.grid().cellWeights(n.intOr("count_include_pad", 0) != 0)
	if w.coversAll() {
		mean := b.spatialMean(x)
		n.out = []*value{b.newFromLast(b.scaleBy(mean, float32(w.in[0]*w.in[1])*weights[0]))}
		return
	}
	padded := b.padLast(x, w, 0)
	n.out = []*value{b.newFromLast(b.binary("Mul", b.joinWindows(padded, w, b.addTo),
		b.floats([]int{1, w.out[0], w.out[1], 1}, weights)))}
}

var _ = register("GlobalAveragePool", func(b *builder, n *node) {
	v := n.need(0)
	if len(v.dims) == 4 {
		n.out = []*value{b.newFromLast(b.spatialMean(b.moveChannelsLast(v)))}
		return
	}
	if len(v.dims) < 3 {
		failf("its input has the shape %v and no positions", v.dims)
	}
	n.out = []*value{newFromPlain(b.reduceRef("ReduceMean", b.plain(v), countUp(len(v.dims))[2:]))}
}, nil)

// spatialMean returns the mean over h and w of [b, h, w, c], as [b, 1, 1, c].
func (b *builder) spatialMean(x ref) ref {
	if len(x.dims) != 4 {
		failf("its input has the shape %v, and only two spatial axes are supported", x.dims)
	}
	return b.emit("ReduceMean", []int{x.dims[0], 1, 1, x.dims[3]}, []ref{x, b.ints(1, 2)}, attrInt("keepdims", 1))
}
