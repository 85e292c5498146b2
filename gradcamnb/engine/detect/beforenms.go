package detect

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// BeforeNMS reads the inputs of a model's own operator NonMaxSuppression: boxes
// [batch, n, 4] or [batch, n, 1, 4], and scores [batch, classes, n] or [batch, n, classes]. It is for models whose
// suppression gives a varying number of boxes, which a compiled program cannot have, and for models that end before it.
// If the model has a suppression, the sidecar names the two tensors in "outputs". This engine does the suppression.
//
// Boxes are x0, y0, x1, y1 in pixels of the model's input, unless "order" and "unit" say something else. Scores are
// probabilities, unless "activation" makes them so. If one of the classes stands for the background, "background" tells
// which; it is skipped.
var BeforeNMS = register(Decoder{
	Name:    "before-nms",
	Outputs: "two tensors: boxes [batch, n, 4] and class probabilities [batch, classes, n] or [batch, n, classes], which the model's NonMaxSuppression reads, in either order",
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := beforeNMS{boxFormat: boxFormat{Order: "xyxy"}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if !slices.Contains([]string{"", "first", "last"}, h.Background) {
			return nil, fmt.Errorf(`"background" is %q and must be "first" or "last", or be left out`, h.Background)
		}
		return h, errors.Join(h.check(), h.checkScores())
	},
})

type beforeNMS struct {
	boxFormat
	scoreFormat
	Background string `json:"background"` // the class that stands for no object: "first" or "last"; empty if none does
	classes    int
}

// split returns the numbers of the outputs with the boxes and with the scores. first and second are the last dimensions
// of the outputs. The boxes come first, unless only the second output has four numbers for each.
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
		if len(o) < 3 {
			return checkShape("an output", o, -1, -1, -1)
		}
	}
	b, s := h.split(outputs[0][len(outputs[0])-1], outputs[1][len(outputs[1])-1])
	boxes := outputs[b]
	if len(boxes) == 4 && boxes[2] == 1 { // of one class, which is of all
		boxes = []int{boxes[0], boxes[1], boxes[3]}
	}
	if err := checkShape("boxes", boxes, -1, -1, 4); err != nil {
		return err
	}
	n, classes := boxes[1], -1
	if h.classes > 0 {
		classes = h.classes
		if h.Background != "" {
			classes++
		}
	}
	across, down := checkShape("class probabilities", outputs[s], -1, classes, n),
		checkShape("class probabilities", outputs[s], -1, n, classes)
	switch {
	case across != nil && down != nil:
		return errors.Join(across, down)
	case h.Background != "" && outputs[s][1]+outputs[s][2]-n < 2: // the axis that is not the boxes'
		return fmt.Errorf("class probabilities have the shape %v and hold the background alone", outputs[s])
	}
	return nil
}

func (h beforeNMS) Decode(outputs []*Node, picture [2]int) Candidates {
	b, s := h.split(outputs[0].Shape().Dim(-1), outputs[1].Shape().Dim(-1))
	boxes, scores := outputs[b], outputs[s]
	if boxes.Rank() == 4 {
		boxes = Squeeze(boxes, 2)
	}
	if scores.Shape().Dim(2) == boxes.Shape().Dim(1) {
		scores = TransposeAllAxes(scores, 0, 2, 1)
	}
	scores = h.probabilities(scores)
	switch h.Background {
	case "first":
		scores = sliceLast(scores, 1, 0)
	case "last":
		scores = sliceLast(scores, 0, scores.Shape().Dim(-1)-1)
	}
	return Candidates{Boxes: h.read(boxes, picture), Scores: scores}
}
