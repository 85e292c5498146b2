package detections

import (
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// orderOfSizes returns the order of numbers that were read as corners and have a size in their place: that in which
// boxes reach less far out of the picture, "cxcywh" (middle and size) or "xywh" (corner and size).
func (c candidates) orderOfSizes(of []int, whole heatmap.Box) string {
	if c.inUnit(of) {
		whole = heatmap.Box{0, 0, 1, 1}
	}
	var asMiddle, asCorner float64
	for _, k := range of {
		b := c.box(k)
		asMiddle += outside(heatmap.Box{b[0] - b[2]/2, b[1] - b[3]/2, b[0] + b[2]/2, b[1] + b[3]/2}, whole)
		asCorner += outside(heatmap.Box{b[0], b[1], b[0] + b[2], b[1] + b[3]}, whole)
	}
	if asCorner < asMiddle {
		return "xywh"
	}
	return "cxcywh"
}

// outside returns how far the sides of a box lie out of the picture, together.
func outside(b, whole heatmap.Box) float64 {
	return max(0, whole[0]-b[0]) + max(0, whole[1]-b[1]) + max(0, b[2]-whole[2]) + max(0, b[3]-whole[3])
}

// checkShifted returns an error if boxes seem to lie half their size too far left and above, as if their corner was
// read as their middle: of many, a tenth reaches out of the picture there, none does on the other sides, and they would
// reach less far out if they were moved back.
func (c candidates) checkShifted(whole heatmap.Box) error {
	const many, slight = 50, 1.0 // boxes, pixels
	used, out := c.used(), 0
	var now, moved float64
	for _, k := range used {
		b := c.box(k)
		if b[2] > whole[2]+slight || b[3] > whole[3]+slight {
			return nil
		}
		if b[0] < -slight || b[1] < -slight {
			out++
		}
		w, h := b[2]-b[0], b[3]-b[1]
		now += outside(b, whole)
		moved += outside(heatmap.Box{b[0] + w/2, b[1] + h/2, b[2] + w/2, b[3] + h/2}, whole)
	}
	if len(used) < many || 10*out < len(used) || moved >= now {
		return nil
	}
	no := nonsensef(`%d of %d boxes would reach out of the picture on the left or above, and none on the right or below: their numbers may be corner and size ("xywh")`,
		out, len(used))
	no.unsure, no.numbers = true, map[string]any{"order": "xywh"}
	return no
}

// checkCells returns an error if all boxes of a CenterNet would be no larger than a cell: its sizes may be its offsets,
// which lie within a cell.
func (c candidates) checkCells(spec detect.Spec, whole heatmap.Box) error {
	used := c.used()
	if spec.Decoder != detect.CenterNet.Name || len(used) < fewCandidates {
		return nil
	}
	cell := math.Sqrt(whole[2]*whole[3]/float64(len(c[2]))) * (1 + slack)
	for _, k := range used {
		if b := c.box(k); b[2]-b[0] > cell || b[3]-b[1] > cell {
			return nil
		}
	}
	no := nonsensef("its boxes would all be no larger than a cell of %.0f pixels: its sizes and offsets may stand the other way round", cell)
	no.swap, no.unsure = true, true
	return no
}

// checkSuppressed returns an error if a list that should have no object twice has most of them more than once: most of
// its surest boxes lie on a surer one of their class.
func (c candidates) checkSuppressed(spec detect.Spec) error {
	const least, most, same = 4, 300, 0.7 // boxes, boxes, IoU
	if spec.Decoder != detect.EndToEnd.Name || spec.NMS < 1 {
		return nil
	}
	sure, twice := c.keep(spec), 0
	sure = sure[:min(most, len(sure))]
	for i, k := range sure {
		if slices.ContainsFunc(sure[:i], func(o int) bool {
			return c.class(o) == c.class(k) && c.box(o).IoU(c.box(k)) >= same
		}) {
			twice++
		}
	}
	if len(sure) < least || 2*twice <= len(sure) {
		return nil
	}
	no := nonsensef("%d of the %d surest boxes would lie on a surer one of their class: the model may not suppress them itself",
		twice, len(sure))
	no.unsure, no.nms = true, detect.YOLOv8.Spec.NMS
	return no
}

// checkEverywhere returns an error if the last of several classes would be found at most of many places: its scores may
// be something else, as angles.
func (c candidates) checkEverywhere(spec detect.Spec) error {
	const many = 50
	last, found := len(c.scores(0))-1, 0
	for k, confidence := range c[2] {
		if float64(confidence) > spec.Threshold && c.class(k) == last {
			found++
		}
	}
	if last < 1 || len(c[2]) < many || 2*found <= len(c[2]) {
		return nil
	}
	no := nonsensef("its last class would be found at %d of %d places: the scores of that may be something else, as angles",
		found, len(c[2]))
	no.unsure = true
	return no
}
