package onnxnorm

import "math"

// MaxRoiPool takes the maximum of each cell of regions (Girshick 2015, "Fast R-CNN", section 2.1). A region [picture,
// x1, y1, x2, y2] is scaled, rounded to whole cells and holds its last one, too. Cell i of n along a side of length l
// has the values from floor(i l/n) to ceil((i+1) l/n), and 0 if it has none. Regions must be constants.
var _ = register("MaxRoiPool", func(b *builder, n *node) {
	x, rois, pooled := b.plain(n.need(0)), n.constantInput(1, "rois"), n.intsOr("pooled_shape", nil)
	if len(x.dims) != 4 || len(rois.dims) != 2 || rois.dims[1] != 5 || len(pooled) != 2 {
		failf("its input has the shape %v, its regions %v and its result %v", x.dims, rois.dims, pooled)
	}
	if rois.dims[0] == 0 || !isPlausible([]int{rois.dims[0], pooled[0], pooled[1]}) {
		failf("it makes %v cells of each of %d regions", pooled, rois.dims[0])
	}
	var parts []ref
	scale := n.floatOr("spatial_scale", 1)
	for i := range rois.dims[0] {
		roi := rois.numbers()[5*i:][:5]
		of := int(roi[0])
		if of < 0 || of >= x.dims[0] {
			failf("region %d is of picture %d, and there are %d", i, of, x.dims[0])
		}
		part := b.sliceAxis(x, 0, of, of+1)
		for k, at := range []int{2, 3} {
			part = b.poolRegion(part, at, pooled[k], roi[2-k]*scale, roi[4-k]*scale)
		}
		parts = append(parts, part)
	}
	n.out = []*value{newFromPlain(b.join(0, parts...))}
}, nil)

// poolRegion returns the maxima of n cells of the axis at, of a region between two places.
func (b *builder) poolRegion(x ref, at, n int, from, to float32) ref {
	first := int(math.Round(float64(from)))
	length := float64(max(int(math.Round(float64(to)))-first+1, 1))
	var cells []ref
	for i := range n {
		begin := first + int(math.Floor(float64(i)*length/float64(n)))
		end := first + int(math.Ceil(float64(i+1)*length/float64(n)))
		begin, end = max(begin, 0), min(end, x.dims[at])
		dims := append([]int{}, x.dims...)
		dims[at] = 1
		if begin >= end {
			cells = append(cells, b.broadcastTo(b.scalar(0), dims))
			continue
		}
		cells = append(cells, b.reshape(b.reduceExtreme("ReduceMax", b.sliceAxis(x, at, begin, end), []int{at}, tiesFirst), dims...))
	}
	return b.join(at, cells...)
}
