package detect

import (
	"encoding/json"
	"errors"

	. "github.com/gomlx/gomlx/core/graph"
)

// BeforeNMS reads the inputs of a model's own operator NonMaxSuppression: boxes
// [batch, n, 4] and scores [batch, classes, n] or [batch, n, classes]. It is for models whose
// suppression gives a varying number of boxes, which a compiled program cannot have. The
// sidecar names the two tensors in "outputs", and this engine does the suppression.
var BeforeNMS = register(Decoder{
	Name:    "before-nms",
	Outputs: "two tensors: boxes [batch, n, 4] and class probabilities [batch, classes, n] or [batch, n, classes], which the model's NonMaxSuppression reads",
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := beforeNMS{Order: "xyxy", classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return h, checkOrder(h.Order)
	},
})

type beforeNMS struct {
	Order   string `json:"order"` // of a box's numbers
	Unit    bool   `json:"unit"`  // boxes are of the unit square
	classes int
}

func (h beforeNMS) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2, "two tensors: boxes [batch, n, 4] and class probabilities"); err != nil {
		return err
	}
	if err := checkShape("boxes", outputs[0], -1, -1, 4); err != nil {
		return err
	}
	n, classes := outputs[0][1], -1
	if h.classes > 0 {
		classes = h.classes
	}
	across, down := checkShape("class probabilities", outputs[1], -1, classes, n),
		checkShape("class probabilities", outputs[1], -1, n, classes)
	if across != nil && down != nil {
		return errors.Join(across, down)
	}
	return nil
}

func (h beforeNMS) Decode(outputs []*Node, picture [2]int) Candidates {
	boxes, scores := outputs[0], outputs[1]
	if scores.Shape().Dim(2) == boxes.Shape().Dim(1) {
		scores = TransposeAllAxes(scores, 0, 2, 1)
	}
	boxes = orders[h.Order](boxes)
	if h.Unit {
		boxes = scaleToPixels(boxes, picture)
	}
	return Candidates{Boxes: boxes, Scores: scores}
}
