package detect

import (
	"encoding/json"
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// DETR reads queries: class logits [batch, queries, classes + 1] with "no object" last,
// and boxes [batch, queries, 4] as cx, cy, w, h of the unit square. A query's class
// probabilities are the softmax over all its logits, without that of "no object".
//
// Carion et al. 2020, "End-to-End Object Detection with Transformers" (section 3).
// Deformable DETR and RT-DETR have no such class and take a sigmoid of each
// logit: "sigmoid": true. If the model ends in the softmax, "softmaxed": true says so. If boxes are read in another
// way, "order" and "unit" say so.
var DETR = register(Decoder{
	Name:    "detr",
	Outputs: `two outputs: class logits [batch, queries, classes + 1], "no object" last, and boxes [batch, queries, 4]`,
	Spec:    Spec{Threshold: 0.5, NMS: 1},
	Preset:  "detr",
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := detr{boxFormat: boxFormat{Order: "cxcywh", Unit: true}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if h.Sigmoid && h.Softmaxed {
			return nil, errors.New(`"sigmoid" and "softmaxed" exclude each other: the first is for logits, the second for probabilities`)
		}
		return &h, h.check()
	},
})

type detr struct {
	boxFormat
	Sigmoid   bool `json:"sigmoid"`
	Softmaxed bool `json:"softmaxed"` // the output has probabilities in place of logits
	classes   int
}

func (h *detr) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2,
		"two outputs: class logits [batch, queries, classes + 1] and boxes [batch, queries, 4]"); err != nil {
		return err
	}
	classes := -1
	if h.classes > 0 {
		classes = h.classes + 1
		if h.Sigmoid {
			classes = h.classes
		}
	}
	if err := checkShape("class logits", outputs[0], -1, -1, classes); err != nil {
		return err
	}
	if outputs[0][2] < 2 && !h.Sigmoid {
		return fmt.Errorf(`class logits have the shape %v and hold "no object" alone`, outputs[0])
	}
	return checkShape("boxes", outputs[1], -1, outputs[0][1], 4)
}

func (h *detr) Decode(outputs []*Node, picture [2]int) Candidates {
	c := Candidates{Boxes: h.read(outputs[1], picture)}
	if h.Sigmoid {
		c.Scores = Sigmoid(outputs[0])
		return c
	}
	c.Scores = outputs[0]
	if !h.Softmaxed {
		c.Scores = Softmax(outputs[0], -1)
	}
	c.Scores = sliceLast(c.Scores, 0, outputs[0].Shape().Dim(-1)-1)
	return c
}
