package detect

import (
	"encoding/json"

	. "github.com/gomlx/gomlx/core/graph"
)

// YOLOv5Seg reads the instance segmentation head of YOLO v5 and v7: rows [batch, n, 5 + classes + k], those of [YOLOv5]
// with k mask coefficients after the class probabilities, and prototypes [batch, k, h, w]. Masks are computed as in
// [YOLOSeg].
//
// ultralytics/yolov5 at v7.0, segment/predict.py.
var YOLOv5Seg = register(Decoder{
	Name:    "yolov5-seg",
	Outputs: "two outputs: [batch, n, 5 + classes + k] (cx, cy, w, h, objectness, class probabilities, mask coefficients) and prototypes [batch, k, h, w]",
	Masks:   true,
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	Preset:  "yolo",
	Likely:  manyRows,
	New: func(data json.RawMessage, classes int) (Head, error) {
		return yolov5Seg{classes}, numbers(data, &struct{}{})
	},
})

type yolov5Seg struct{ classes int }

func (y yolov5Seg) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2, "two outputs, [batch, n, 5 + classes + k] and prototypes [batch, k, h, w]"); err != nil {
		return err
	}
	if err := checkShape("the prototypes", outputs[1], -1, -1, -1, -1); err != nil {
		return err
	}
	return rowsOf(outputs[0], y.classes, 5, outputs[1][1])
}

func (yolov5Seg) Decode(outputs []*Node, picture [2]int) Candidates {
	rows := outputs[0]
	end := rows.Shape().Dim(-1) - outputs[1].Shape().Dim(1)
	boxes := corners(sliceLast(rows, 0, 4))
	return Candidates{
		Boxes: boxes, Objectness: takeLast(rows, 4), Scores: sliceLast(rows, 5, end),
		Mask: prototypeMasks(sliceLast(rows, end, 0), outputs[1], boxes, picture),
	}
}
