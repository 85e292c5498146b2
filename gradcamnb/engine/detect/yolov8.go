package detect

import (
	"encoding/json"
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// YOLOv8 reads the head of YOLO v8, v9, v11 and v12 as they are exported: one output
// [batch, 4 + classes, n] with columns cx, cy, w, h in pixels of the model's input and
// class probabilities. There is no objectness. If the file has a suppression, the tensor that
// it reads has corners in place of middle and size; give "order": "xyxy" for that.
var YOLOv8 = register(Decoder{
	Name:    "yolov8",
	Outputs: "one output [batch, 4 + classes, n]: cx, cy, w, h, class probabilities",
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	Preset:  "yolo",
	Likely:  manyColumns,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := yolov8{boxFormat: boxFormat{Order: "cxcywh"}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return h, errors.Join(h.check(), h.checkScores())
	},
})

type yolov8 struct {
	boxFormat
	scoreFormat
	classes int
}

func (y yolov8) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 1, "one output, [batch, 4 + classes, n]"); err != nil {
		return err
	}
	return columns(outputs[0], y.classes, 0)
}

// columns returns an error if an output's shape is not [batch, 4 + classes + more, n].
func columns(o []int, classes, more int) error {
	height := -1
	if classes > 0 {
		height = 4 + classes + more
	}
	if err := checkShape("the output", o, -1, height, -1); err != nil {
		return err
	}
	if o[1] < 5+more {
		return fmt.Errorf("the output has the shape %v and should have columns of %d + classes values", o, 4+more)
	}
	return nil
}

func (y yolov8) Decode(outputs []*Node, picture [2]int) Candidates {
	rows := TransposeAllAxes(outputs[0], 0, 2, 1)
	return Candidates{Boxes: y.read(sliceLast(rows, 0, 4), picture), Scores: y.probabilities(sliceLast(rows, 4, 0))}
}
