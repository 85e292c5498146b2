package onnxnorm

// AveragePool is the sum of shifted slices divided by the number of cells that
// count: all of the window with count_include_pad, else those inside the picture.
var _ = register("AveragePool", inPlanes(1, averagePool, averagePoolGrid), nil)

func averagePool(b *builder, n *node) {
	v := n.need(0)
	w := newWindow(n, v.dims, n.intsOr("kernel_shape", nil))
	x := b.lastOf(v)
	includePad := n.intOr("count_include_pad", 0) != 0
	if w.coversAll() {
		mean := b.spatialMean(x)
		n.out = []*value{b.fromLast(b.scaled(mean, float32(w.in[0]*w.in[1])*cellWeights(w, includePad)[0]))}
		return
	}
	padded := b.padLast(x, w, 0)
	if w.large() {
		n.out = []*value{b.fromLast(b.binary("Mul", b.byAxis(padded, w, b.plus), b.floats([]int{1, w.out[0], w.out[1], 1}, cellWeights(w, includePad))))}
		return
	}
	var sum ref
	for i := range w.kernel[0] {
		for j := range w.kernel[1] {
			if w.outside(i, j) {
				continue
			}
			sum = b.plus(sum, b.tap(padded, w, i, j))
		}
	}
	weights := cellWeights(w, includePad)
	n.out = []*value{b.fromLast(b.binary("Mul", sum, b.floats([]int{1, w.out[0], w.out[1], 1}, weights)))}
}

var _ = register("GlobalAveragePool", func(b *builder, n *node) {
	v := n.need(0)
	if len(v.dims) == 4 {
		n.out = []*value{b.fromLast(b.spatialMean(b.lastOf(v)))}
		return
	}
	if len(v.dims) < 3 {
		failf("its input has the shape %v and no positions", v.dims)
	}
	n.out = []*value{fromPlain(b.reduceRef("ReduceMean", b.plain(v), ascending(len(v.dims))[2:]))}
}, nil)

// spatialMean is the mean over h and w of [b, h, w, c], as [b, 1, 1, c].
func (b *builder) spatialMean(x ref) ref {
	if len(x.dims) != 4 {
		failf("its input has the shape %v, and only two spatial axes are supported", x.dims)
	}
	return b.emit("ReduceMean", []int{x.dims[0], 1, 1, x.dims[3]}, []ref{x, b.ints(1, 2)}, attrInt("keepdims", 1))
}

// cellWeights is 1 over the number of cells that count, for each window. Cells
// that ceil_mode adds beyond the declared pads never count.
func cellWeights(w window, includePad bool) []float32 {
	var lengths [2][]int
	for i := range 2 {
		from, to := w.before[i], w.before[i]+w.in[i]
		if includePad {
			from, to = 0, w.before[i]+w.in[i]+w.end[i]
		}
		for o := range w.out[i] {
			n := 0
			for k := range w.kernel[i] {
				if at := o*w.stride[i] + k*w.dilate[i]; at >= from && at < to {
					n++
				}
			}
			lengths[i] = append(lengths[i], n)
		}
	}
	var out []float32
	for _, h := range lengths[0] {
		for _, v := range lengths[1] {
			out = append(out, 1/float32(h*v))
		}
	}
	return out
}
