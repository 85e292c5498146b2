package detect

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// BeforeNMS reads the inputs of a model's own operator NonMaxSuppression: boxes [batch, n, 4], [batch, n, 1, 4] or
// [batch, 4, n], and scores [batch, classes, n] or [batch, n, classes]. It is for models whose
// suppression gives a varying number of boxes, which a compiled program cannot have, and for models that end before it.
// If the model has a suppression, the sidecar names the two tensors in "outputs". This engine does the suppression.
//
// Boxes are x0, y0, x1, y1 in pixels of the model's input, unless "order" and "unit" say something else. Scores are
// probabilities, unless "activation" makes them so. If both tensors have four numbers for each box, the boxes come first,
// unless "first" is "scores". If one of the classes stands for the background, "background" tells
// which. It is skipped, or has the probability 0 if the labels name it, too. Of several classes there may be a third
// tensor, [batch, n, 1] or [batch, n]: an objectness, or FCOS's centerness, with which the scores are multiplied.
var BeforeNMS = register(Decoder{
	Name:    "before-nms",
	Outputs: "two tensors: boxes [batch, n, 4] or [batch, 4, n] and class probabilities [batch, classes, n] or [batch, n, classes], which the model's NonMaxSuppression reads, in either order, and, of several classes, perhaps an objectness [batch, n, 1]",
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := beforeNMS{boxFormat: boxFormat{Order: "xyxy"}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return h, errors.Join(h.check(), h.checkScores(), h.checkFirst())
	},
})

type beforeNMS struct {
	boxFormat
	scoreFormat
	firstOutput
	Background background `json:"background"` // the class that stands for no object: "first", "last" or its number
	classes    int
}

// split returns the numbers of the outputs with the boxes and with the scores. If "first" does not say it, the boxes
// come first, unless only the second output has four numbers for each.
func (h beforeNMS) split(first, second []int) (boxes, scores int) {
	four := func(dims []int) bool { return dims[len(dims)-1] == 4 }
	swapped := !four(first) && (four(second) || first[1] != 4 && second[1] == 4)
	if h.First == "scores" || h.First == "" && swapped {
		return 1, 0
	}
	return 0, 1
}

// isAcross tells whether boxes have the shape [batch, 4, n].
func isAcross(boxes []int) bool { return len(boxes) == 3 && boxes[1] == 4 && boxes[2] != 4 }

func (h beforeNMS) Check(outputs [][]int, _ [2]int) error {
	if len(outputs) == 3 {
		return h.checkObjectness(outputs)
	}
	if err := count(outputs, 2, "two tensors: boxes [batch, n, 4] and class probabilities"); err != nil {
		return err
	}
	for _, o := range outputs {
		if len(o) < 3 {
			return checkShape("an output", o, -1, -1, -1)
		}
	}
	b, s := h.split(outputs[0], outputs[1])
	boxes := outputs[b]
	switch {
	case len(boxes) == 4 && boxes[2] == 1: // of one class, which is of all
		boxes = []int{boxes[0], boxes[1], boxes[3]}
	case isAcross(boxes):
		boxes = []int{boxes[0], boxes[2], boxes[1]}
	}
	if err := checkShape("boxes", boxes, -1, -1, 4); err != nil {
		return err
	}
	n := boxes[1]
	err := h.checkClasses(outputs[s], n, cmp.Or(h.classes, -1))
	if h.classes > 0 && h.Background.given {
		if without := h.checkClasses(outputs[s], n, h.classes+1); without == nil {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	return h.Background.check(outputs[s], outputs[s][1]+outputs[s][2]-n) // the axis that is not the boxes'
}

// checkObjectness returns an error if the first two outputs cannot be read, or if the third is no objectness.
func (h beforeNMS) checkObjectness(outputs [][]int) error {
	if err := h.Check(outputs[:2], [2]int{}); err != nil {
		return err
	}
	b, s := h.split(outputs[0], outputs[1])
	n := outputs[b][1]
	if isAcross(outputs[b]) {
		n = outputs[b][2]
	}
	if scores := outputs[s]; scores[1]+scores[2]-n < 2 {
		return fmt.Errorf("class probabilities have the shape %v and one class, which needs no objectness beside it", scores)
	}
	if checkShape("the objectness", outputs[2], -1, n) == nil {
		return nil
	}
	return checkShape("the objectness", outputs[2], -1, n, 1)
}

// checkClasses returns an error if scores do not have the shape [batch, classes, n] or [batch, n, classes].
func (beforeNMS) checkClasses(scores []int, n, classes int) error {
	across, down := checkShape("class probabilities", scores, -1, classes, n),
		checkShape("class probabilities", scores, -1, n, classes)
	if across != nil && down != nil {
		return errors.Join(across, down)
	}
	return nil
}

func (h beforeNMS) Decode(outputs []*Node, picture [2]int) Candidates {
	b, s := h.split(outputs[0].Shape().Dimensions, outputs[1].Shape().Dimensions)
	boxes, scores := outputs[b], outputs[s]
	switch {
	case boxes.Rank() == 4:
		boxes = Squeeze(boxes, 2)
	case isAcross(boxes.Shape().Dimensions):
		boxes = TransposeAllAxes(boxes, 0, 2, 1)
	}
	if scores.Shape().Dim(2) == boxes.Shape().Dim(1) {
		scores = TransposeAllAxes(scores, 0, 2, 1)
	}
	c := Candidates{Boxes: h.read(boxes, picture), Scores: h.Background.drop(h.probabilities(scores), h.classes)}
	if len(outputs) == 3 {
		c.Objectness = Reshape(outputs[2], boxes.Shape().Dim(0), boxes.Shape().Dim(1))
		if h.Activation != "" {
			c.Objectness = Sigmoid(c.Objectness)
		}
	}
	return c
}
