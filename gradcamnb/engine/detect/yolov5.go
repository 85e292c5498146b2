package detect

import (
	"encoding/json"

	. "github.com/gomlx/gomlx/core/graph"
)

// YOLOv5 reads the head of YOLO v5 and v7 as they are exported: one output
// [batch, n, 5 + classes] with rows cx, cy, w, h in pixels of the model's input,
// objectness and class probabilities. YOLO v6 has no objectness and writes 1 in its place;
// "objectness": false skips it.
var YOLOv5 = register(Decoder{
	Name:    "yolov5",
	Outputs: "one output [batch, n, 5 + classes]: cx, cy, w, h, objectness, class probabilities",
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	Preset:  "yolo",
	Likely:  manyRows,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := yolov5{boxFormat: boxFormat{Order: "cxcywh"}, Objectness: true, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return &h, h.check()
	},
})

type yolov5 struct {
	boxFormat
	Objectness bool `json:"objectness"`
	classes    int
}

func (y *yolov5) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 1, "one output, [batch, n, 5 + classes]"); err != nil {
		return err
	}
	return rowsOf(outputs[0], y.classes, 5, 0)
}

func (y *yolov5) Decode(outputs []*Node, picture [2]int) Candidates {
	rows := outputs[0]
	c := Candidates{Boxes: y.read(sliceLast(rows, 0, 4), picture), Scores: sliceLast(rows, 5, 0)}
	if y.Objectness {
		c.Objectness = takeLast(rows, 4)
	}
	return c
}
