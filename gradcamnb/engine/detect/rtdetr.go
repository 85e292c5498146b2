package detect

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// RTDETR reads the queries of RT-DETR, D-FINE, DEIM, RF-DETR, Deformable and Conditional
// DETR: class logits [batch, queries, classes] and boxes [batch, queries, 4] as cx, cy, w, h
// of the unit square, in either order. Unlike [DETR] there is no class for "no object", and a
// class's probability is the sigmoid of its logit.
//
// Zhao et al. 2024, "DETRs Beat YOLOs on Real-time Object Detection"; Zhu et al. 2021,
// "Deformable DETR". RF-DETR writes the boxes first. If boxes are read in another way, "order" and "unit" say so.
var RTDETR = register(Decoder{
	Name:    "rt-detr",
	Outputs: "two outputs: class logits [batch, queries, classes] and boxes [batch, queries, 4], in either order",
	Spec:    Spec{Threshold: 0.5, NMS: 1},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := rtdetr{boxFormat: boxFormat{Order: "cxcywh", Unit: true}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if h.First != "" && h.First != "logits" && h.First != "boxes" {
			return nil, fmt.Errorf(`"first" is %q and must be "logits" or "boxes"`, h.First)
		}
		return h, h.check()
	},
})

type rtdetr struct {
	boxFormat
	First   string `json:"first"` // of the two outputs: "logits" or "boxes"; by default their widths say it
	classes int
}

// split returns the numbers of the outputs with the logits and with the boxes. first and
// second are the widths of the two outputs.
func (h rtdetr) split(first, second int) (logits, boxes int) {
	if h.First == "boxes" || h.First == "" && first == 4 && second != 4 {
		return 1, 0
	}
	return 0, 1
}

func (h rtdetr) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2,
		"two outputs: class logits [batch, queries, classes] and boxes [batch, queries, 4]"); err != nil {
		return err
	}
	for _, o := range outputs {
		if err := checkShape("an output", o, -1, -1, -1); err != nil {
			return err
		}
	}
	if h.First == "" && outputs[0][2] == 4 && outputs[1][2] == 4 {
		return errors.New(`both outputs have four numbers a query, so their widths do not tell logits of four classes from boxes: give "numbers": {"first": "logits"}, or "boxes"`)
	}
	logits, boxes := h.split(outputs[0][2], outputs[1][2])
	if err := checkShape("class logits", outputs[logits], -1, -1, cmp.Or(h.classes, -1)); err != nil {
		return err
	}
	return checkShape("boxes", outputs[boxes], -1, outputs[logits][1], 4)
}

func (h rtdetr) Decode(outputs []*Node, picture [2]int) Candidates {
	logits, boxes := h.split(outputs[0].Shape().Dim(2), outputs[1].Shape().Dim(2))
	return Candidates{Boxes: h.read(outputs[boxes], picture), Scores: Sigmoid(outputs[logits])}
}
