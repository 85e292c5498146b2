package detect

import (
	"encoding/json"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// YOLOSeg reads the instance segmentation head of YOLO v8 and later as it is exported:
// one output [batch, 4 + classes + k, n], that of [YOLOv8] with k mask coefficients after the
// class probabilities, and prototypes [batch, k, h, w] over the model's input. The mask of a
// candidate with coefficients c is
//
//	sigmoid(SUM_k c_k P_k), inside its box
//
// Bolya et al. 2019, "YOLACT: Real-time Instance Segmentation" (section 3.1).
var YOLOSeg = register(Decoder{
	Name:    "yolo-seg",
	Outputs: "two outputs: [batch, 4 + classes + k, n] (cx, cy, w, h, class probabilities, mask coefficients) and prototypes [batch, k, h, w]",
	Masks:   true,
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	Preset:  "yolo",
	Likely:  manyColumns,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := yoloSeg{boxFormat: boxFormat{Order: "cxcywh"}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return h, h.check()
	},
})

type yoloSeg struct {
	boxFormat
	classes int
}

func (y yoloSeg) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2, "two outputs, [batch, 4 + classes + k, n] and prototypes [batch, k, h, w]"); err != nil {
		return err
	}
	if err := checkShape("the prototypes", outputs[1], -1, -1, -1, -1); err != nil {
		return err
	}
	if len(outputs[0]) != 3 {
		return fmt.Errorf("the candidates have the shape %v and should have [batch, 4 + classes + k, n]", outputs[0])
	}
	return columns(outputs[0], y.classes, outputs[1][1])
}

func (y yoloSeg) Decode(outputs []*Node, picture [2]int) Candidates {
	rows, prototypes := TransposeAllAxes(outputs[0], 0, 2, 1), outputs[1]
	k := prototypes.Shape().Dim(1)
	end := rows.Shape().Dim(-1) - k
	boxes, coefficients := y.read(sliceLast(rows, 0, 4), picture), sliceLast(rows, end, 0)
	return Candidates{
		Boxes:  boxes,
		Scores: sliceLast(rows, 4, end),
		Mask:   prototypeMasks(coefficients, prototypes, boxes, picture),
	}
}

// prototypeMasks returns the function [Candidates.Mask] of coefficients [batch, n, k] and prototypes [batch, k, h, w].
// A mask is zero outside of its box.
func prototypeMasks(coefficients, prototypes, boxes *Node, picture [2]int) func(chosen *Node) *Node {
	return func(chosen *Node) *Node {
		masks := Sigmoid(Einsum("bnk,bkhw->bnhw", pick(coefficients, chosen), prototypes))
		return Mul(masks, inside(pick(boxes, chosen), masks.Shape().Dim(2), masks.Shape().Dim(3), picture))
	}
}
