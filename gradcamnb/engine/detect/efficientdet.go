package detect

import (
	"cmp"
	"encoding/json"

	. "github.com/gomlx/gomlx/core/graph"
)

// EfficientDet reads offsets from anchors [batch, n, 4], class probabilities [batch, n, classes] and the anchors
// [1, n, 4] as y0, x0, y1, x1 in pixels of the model's input. With an anchor's middle (px, py) and size (pw, ph)
//
//	cy = py + d_0 ph, cx = px + d_1 pw, h = ph exp(d_2), w = pw exp(d_3)
//
// Tan, Pang and Le 2020, "EfficientDet: Scalable and Efficient Object Detection";
// zylo117/Yet-Another-EfficientDet-Pytorch, efficientdet/utils.py (BBoxTransform).
var EfficientDet = register(Decoder{
	Name:    "efficientdet",
	Outputs: "three outputs: offsets [batch, n, 4], class probabilities [batch, n, classes] and anchors [1, n, 4]",
	Spec:    Spec{Threshold: 0.3, NMS: 0.5},
	New: func(data json.RawMessage, classes int) (Head, error) {
		return efficientDet{classes}, numbers(data, &struct{}{})
	},
})

type efficientDet struct{ classes int }

func (h efficientDet) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 3, "three outputs: offsets, class probabilities and anchors"); err != nil {
		return err
	}
	if err := checkShape("offsets", outputs[0], -1, -1, 4); err != nil {
		return err
	}
	if err := checkShape("class probabilities", outputs[1], -1, outputs[0][1], cmp.Or(h.classes, -1)); err != nil {
		return err
	}
	return checkShape("anchors", outputs[2], -1, outputs[0][1], 4)
}

func (efficientDet) Decode(outputs []*Node, _ [2]int) Candidates {
	d, anchors := outputs[0], outputs[2]
	first, second := sliceLast(anchors, 0, 2), sliceLast(anchors, 2, 4)
	middle, size := MulScalar(Add(first, second), 0.5), Sub(second, first) // y, x each
	middle, size = Add(middle, Mul(sliceLast(d, 0, 2), size)), Mul(size, Exp(sliceLast(d, 2, 4)))
	turned := []*Node{takeLast(middle, 1), takeLast(middle, 0), takeLast(size, 1), takeLast(size, 0)}
	return Candidates{Boxes: corners(Stack(turned, -1)), Scores: outputs[1]}
}
