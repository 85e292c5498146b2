package detect

import (
	"encoding/json"
	"fmt"

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
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := yolov5{Objectness: true, classes: classes}
		return &h, numbers(data, &h)
	},
})

type yolov5 struct {
	Objectness bool `json:"objectness"`
	classes    int
}

func (y *yolov5) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 1, "one output, [batch, n, 5 + classes]"); err != nil {
		return err
	}
	width := -1
	if y.classes > 0 {
		width = 5 + y.classes
	}
	o := outputs[0]
	if err := checkShape("the output", o, -1, -1, width); err != nil {
		return err
	}
	if o[2] < 6 || o[1] < o[2] {
		return fmt.Errorf("the output has the shape %v and should be many rows of 5 + classes values", o)
	}
	return nil
}

func (y *yolov5) Decode(outputs []*Node, _ [2]int) Candidates {
	rows := outputs[0]
	c := Candidates{Boxes: corners(sliceLast(rows, 0, 4)), Scores: sliceLast(rows, 5, 0)}
	if y.Objectness {
		c.Objectness = takeLast(rows, 4)
	}
	return c
}
