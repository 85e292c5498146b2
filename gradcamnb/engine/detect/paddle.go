package detect

import (
	"encoding/json"

	. "github.com/gomlx/gomlx/core/graph"
)

// Paddle reads PaddleDetection's exports with their own suppression: one output
// [batch, n, 6] of rows class, score, x0, y0, x1, y1 in pixels of the model's input.
//
// PaddleDetection 2.8, ppdet/modeling/post_process.py (BBoxPostProcess).
var Paddle = register(Decoder{
	Name:    "paddle",
	Outputs: "one output [batch, n, 6]: class, score, x0, y0, x1, y1",
	Asked:   true,
	Spec:    Spec{Threshold: 0.5, NMS: 1},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := paddle{Classes: countOrMany(classes)}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if h.Classes < 1 {
			return nil, errNoClasses
		}
		return h, nil
	},
})

type paddle struct {
	Classes int `json:"classes"`
}

func (paddle) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 1, "one output [batch, n, 6]"); err != nil {
		return err
	}
	return checkShape("the output", outputs[0], -1, -1, 6)
}

func (h paddle) Decode(outputs []*Node, _ [2]int) Candidates {
	rows := outputs[0]
	return Candidates{Boxes: sliceLast(rows, 2, 6), Scores: oneHot(takeLast(rows, 0), h.Classes),
		Numbers: takeLast(rows, 0), Objectness: takeLast(rows, 1)}
}
