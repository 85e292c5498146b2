package detect

import (
	"encoding/json"

	. "github.com/gomlx/gomlx/core/graph"
)

// YOLOOBB reads the head for turned boxes of YOLO v8 and later: one output
// [batch, 4 + classes + 1, n] with columns cx, cy, w, h in pixels of the model's input, class
// probabilities and the angle a in radians. The corners are, with
// u = (w/2 cos a, w/2 sin a) and v = (-h/2 sin a, h/2 cos a),
//
//	m + u + v, m + u - v, m - u - v, m - u + v
//
// They are the candidate's four points, and its box is the upright one around them. Turned boxes are compared by
// [TurnedIoU].
//
// Ultralytics 8.4.190, ultralytics/utils/ops.py (xywhr2xyxyxyxy).
var YOLOOBB = register(Decoder{
	Name:    "yolo-obb",
	Outputs: "one output [batch, 4 + classes + 1, n]: cx, cy, w, h, class probabilities, angle",
	Turned:  true,
	Asked:   true,
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	Preset:  "yolo",
	Likely:  manyColumns,
	New: func(data json.RawMessage, classes int) (Head, error) {
		return yoloOBB{classes}, numbers(data, &struct{}{})
	},
})

type yoloOBB struct{ classes int }

func (y yoloOBB) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 1, "one output, [batch, 4 + classes + 1, n]"); err != nil {
		return err
	}
	return columns(outputs[0], y.classes, 1)
}

func (yoloOBB) Decode(outputs []*Node, _ [2]int) Candidates {
	rows := TransposeAllAxes(outputs[0], 0, 2, 1)
	end := rows.Shape().Dim(-1) - 1
	angle := takeLast(rows, end)
	turned := func(length *Node, x, y *Node) *Node { // half a side, [batch, n, 2]
		half := MulScalar(length, 0.5)
		return Stack([]*Node{Mul(half, x), Mul(half, y)}, -1)
	}
	middle := sliceLast(rows, 0, 2)
	u := turned(takeLast(rows, 2), Cos(angle), Sin(angle))
	v := turned(takeLast(rows, 3), Neg(Sin(angle)), Cos(angle))
	points := Stack([]*Node{
		Add(Add(middle, u), v), Sub(Add(middle, u), v), Sub(Sub(middle, u), v), Add(Sub(middle, u), v),
	}, 2)
	return Candidates{
		Boxes:  Concatenate([]*Node{ReduceMin(points, 2), ReduceMax(points, 2)}, -1),
		Scores: sliceLast(rows, 4, end), Points: points,
	}
}
