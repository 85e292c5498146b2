package onnxnorm

import (
	"math"
	"slices"
)

// RoiAlign pools regions of a picture (He et al. 2017, section 3): each cell is the mean or the maximum of samples. The
// gradient goes to the picture, and to regions that are computed.
var _ = register("RoiAlign", func(b *builder, n *node) {
	x, rois := b.plain(n.need(0)), n.need(1)
	if len(x.dims) != 4 || len(rois.dims) != 2 || rois.dims[1] != 4 {
		failf("its input has the shape %v and its regions %v", x.dims, rois.dims)
	}
	count := n.intOr("sampling_ratio", 0)
	if count > 0 {
		n.out = []*value{newFromPlain(b.roiAlign(n, x, b.plain(rois), b.plain(n.need(2)), [2]int{count, count}))}
		return
	}
	if rois.konst == nil {
		failf("its regions are computed from the picture, and sampling_ratio 0 takes as many samples as they are large: export the model with a sampling_ratio")
	}
	var parts []ref
	for i := range rois.dims[0] {
		at := rois.konst.numbers()[4*i:][:4]
		region, picture := b.sliceAxis(b.plain(rois), 0, i, i+1), b.sliceAxis(b.plain(n.need(2)), 0, i, i+1)
		parts = append(parts, b.roiAlign(n, x, region, picture, roiSamples(n, at)))
	}
	n.out = []*value{newFromPlain(b.join(0, parts...))}
}, nil)

// roiSamples returns the number of samples of a region's cell, down and across: one for each pixel.
func roiSamples(n *node, roi []float32) [2]int {
	scale := n.floatOr("spatial_scale", 1)
	var out [2]int
	for i, name := range []string{"output_height", "output_width"} {
		side := (roi[3-i] - roi[1-i]) * scale
		if !n.halfPixel() {
			side = max(side, 1)
		}
		out[i] = max(1, int(math.Ceil(float64(side)/float64(n.intOr(name, 1)))))
	}
	return out
}

func (n *node) halfPixel() bool {
	return n.stringOr("coordinate_transformation_mode", "half_pixel") == "half_pixel"
}

func (b *builder) roiAlign(n *node, x, rois, batch ref, samples [2]int) ref {
	h, w := n.intOr("output_height", 1), n.intOr("output_width", 1)
	if n.attr("coordinate_transformation_mode") == nil && b.opset < 16 {
		n = n.withAttributes(attrString("coordinate_transformation_mode", "output_half_pixel"))
	}
	count := rois.dims[0]
	offset := float32(0)
	if n.halfPixel() {
		offset = -0.5
	}
	place := make([]ref, 2)
	var within ref
	for i, cells := range []int{h, w} {
		begin := b.offset(b.scaleBy(b.sliceAxis(rois, 1, 1-i, 2-i), n.floatOr("spatial_scale", 1)), offset)
		end := b.offset(b.scaleBy(b.sliceAxis(rois, 1, 3-i, 4-i), n.floatOr("spatial_scale", 1)), offset)
		side := b.sub(end, begin)
		if !n.halfPixel() {
			side = b.clipLow(side, 1)
		}
		// Sample k of cell c lies (c + (k + 1/2)/samples) cells from the region's begin.
		steps := make([]float32, cells*samples[i])
		for k := range steps {
			steps[k] = (float32(k) + 0.5) / float32(len(steps))
		}
		p := b.add(begin, b.mul(side, b.floats([]int{1, len(steps)}, steps)))
		length := float32(x.dims[2+i])
		in := b.mul(b.compare("GreaterOrEqual", p, b.scalar(-1)), b.compare("LessOrEqual", p, b.scalar(length)))
		p = b.clipHigh(b.clipLow(p, 0), length-1)
		shape := []int{count, h * samples[0], 1}
		if i == 1 {
			shape = []int{count, 1, w * samples[1]}
		}
		full := []int{count, h * samples[0], w * samples[1]}
		place[i] = b.reshape(b.broadcastTo(b.reshape(p, shape...), full), count, full[1]*full[2])
		within = b.multiplyBy(within, b.reshape(b.broadcastTo(b.reshape(in, shape...), full), count, full[1]*full[2]))
	}
	// Each region reads its own picture.
	picked := b.emit("Gather", slices.Concat([]int{count}, x.dims[1:]), []ref{x, b.indices(b.reshape(batch, count))},
		attrInt("axis", 0))
	s := b.newSampler(picked, "border", true)
	largest := n.stringOr("mode", "avg") == "max"
	var y ref
	if largest {
		y = s.linearMost(place)
	} else {
		y = s.linear(place)
	}
	y = b.mul(y, b.reshape(within, count, within.dims[1], 1))
	y = b.reshape(y, count, h, samples[0], w, samples[1], x.dims[1])
	if largest {
		y = b.reduceExtreme("ReduceMax", y, []int{2, 4}, tiesFirst)
	} else {
		y = b.reduceRef("ReduceMean", y, []int{2, 4})
	}
	return b.transpose(b.reshape(y, count, h, w, x.dims[1]), []int{0, 3, 1, 2})
}
