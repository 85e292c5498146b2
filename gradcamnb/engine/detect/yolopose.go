package detect

import (
	"encoding/json"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// YOLOPose reads the head for key points of YOLO v8 and later: one output
// [batch, 4 + classes + points x values, n]. Its columns are cx, cy, w, h in pixels of the
// model's input, class probabilities (usually of a person alone) and, for each point, x, y in
// pixels of the model's input and, if there are three values, the point's visibility.
//
// Ultralytics 8.4.190, ultralytics/nn/modules/head.py (Pose.forward, kpts_decode).
var YOLOPose = register(Decoder{
	Name:    "yolo-pose",
	Outputs: "one output [batch, 4 + classes + points x values, n]: cx, cy, w, h, class probabilities, key points",
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	Preset:  "yolo",
	Likely:  manyColumns,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := yoloPose{Points: 17, Values: 3, Order: "cxcywh", classes: max(1, classes)}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if h.Points < 1 || h.Values != 2 && h.Values != 3 {
			return nil, fmt.Errorf(`"points" is %d and "values" %d: there is a point at least, with 2 or 3 values`, h.Points,
				h.Values)
		}
		return h, boxFormat{Order: h.Order}.check()
	},
})

type yoloPose struct {
	Points  int    `json:"points"`
	Values  int    `json:"values"` // of a point: 2 for x and y, 3 for x, y and visibility
	Order   string `json:"order"`
	classes int
}

func (y yoloPose) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 1, "one output, [batch, 4 + classes + points x values, n]"); err != nil {
		return err
	}
	return columns(outputs[0], y.classes, y.Points*y.Values)
}

func (y yoloPose) Decode(outputs []*Node, _ [2]int) Candidates {
	rows := TransposeAllAxes(outputs[0], 0, 2, 1)
	points := sliceLast(rows, 4+y.classes, 0)
	points = Reshape(points, points.Shape().Dim(0), points.Shape().Dim(1), y.Points, y.Values)
	return Candidates{
		Boxes: orders[y.Order](sliceLast(rows, 0, 4)), Scores: sliceLast(rows, 4, 4+y.classes),
		Points: sliceLast(points, 0, 2),
	}
}
