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
	Outputs: "two tensors: boxes [batch, n, 4] and class probabilities [batch, classes, n] or [batch, n, classes], which the model's NonMaxSuppression reads, in either order",
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := beforeNMS{boxFormat: boxFormat{Order: "xyxy"}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return h, h.check()
	},
})

type beforeNMS struct {
	boxFormat
	classes int
}

// split returns the numbers of the outputs with the boxes and with the scores. The boxes come first, unless only the
// second output has four numbers for each.
func (h beforeNMS) split(first, second int) (boxes, scores int) {
	if first != 4 && second == 4 {
		return 1, 0
	}
	return 0, 1
}

func (h beforeNMS) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2, "two tensors: boxes [batch, n, 4] and class probabilities"); err != nil {
		return err
	}
	for _, o := range outputs {
		if err := checkShape("an output", o, -1, -1, -1); err != nil {
			return err
		}
	}
	b, s := h.split(outputs[0][2], outputs[1][2])
	if err := checkShape("boxes", outputs[b], -1, -1, 4); err != nil {
		return err
	}
	n, classes := outputs[b][1], -1
	if h.classes > 0 {
		classes = h.classes
	}
	across, down := checkShape("class probabilities", outputs[s], -1, classes, n),
		checkShape("class probabilities", outputs[s], -1, n, classes)
	if across != nil && down != nil {
		return errors.Join(across, down)
	}
	return nil
}

func (h beforeNMS) Decode(outputs []*Node, picture [2]int) Candidates {
	b, s := h.split(outputs[0].Shape().Dim(2), outputs[1].Shape().Dim(2))
	boxes, scores := outputs[b], outputs[s]
	if scores.Shape().Dim(2) == boxes.Shape().Dim(1) {
		scores = TransposeAllAxes(scores, 0, 2, 1)
	}
	return Candidates{Boxes: h.read(boxes, picture), Scores: scores}
}
