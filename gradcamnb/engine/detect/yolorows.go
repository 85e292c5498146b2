package detect

import (
	"encoding/json"
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// YOLORows reads a head without objectness whose candidates are rows: one output
// [batch, n, 4 + classes] of cx, cy, w, h in pixels of the model's input and class
// probabilities. It is that of [YOLOv8], transposed. YOLO-NAS and exports for other runtimes
// have it.
var YOLORows = register(Decoder{
	Name:    "yolo-rows",
	Outputs: "one output [batch, n, 4 + classes]: cx, cy, w, h, class probabilities",
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	Preset:  "yolo",
	Likely:  manyRows,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := yoloRows{boxFormat: boxFormat{Order: "cxcywh"}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return h, errors.Join(h.check(), h.checkScores())
	},
})

type yoloRows struct {
	boxFormat
	scoreFormat
	classes int
}

func (y yoloRows) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 1, "one output, [batch, n, 4 + classes]"); err != nil {
		return err
	}
	return rowsOf(outputs[0], y.classes, 4, 0)
}

// rowsOf returns an error if an output's shape is not [batch, n, before + classes + after].
func rowsOf(o []int, classes, before, after int) error {
	width := -1
	if classes > 0 {
		width = before + classes + after
	}
	if err := checkShape("the output", o, -1, -1, width); err != nil {
		return err
	}
	if o[2] < before+1+after {
		return fmt.Errorf("the output has the shape %v and should have rows of %d + classes values", o, before+after)
	}
	return nil
}

func (y yoloRows) Decode(outputs []*Node, picture [2]int) Candidates {
	rows := outputs[0]
	return Candidates{Boxes: y.read(sliceLast(rows, 0, 4), picture), Scores: y.probabilities(sliceLast(rows, 4, 0))}
}
