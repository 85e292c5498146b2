package detect

import (
	"encoding/json"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// YOLOX reads the head of YOLOX as its export script writes it, undecoded: one output
// [batch, n, 5 + classes]. For every cell (x, y) of the grids with strides 8, 16 and 32 it has
//
//	cx = (d_0 + x) s, cy = (d_1 + y) s, w = s exp(d_2), h = s exp(d_3)
//
// and objectness and class probabilities. Its demos letterbox in the corner with grey 114, in
// the order BGR and without dividing by 255. If the file decodes its own output, take "yolov5".
//
// Ge et al. 2021, "YOLOX: Exceeding YOLO Series in 2021"; YOLOX 0.3.0,
// yolox/utils/demo_utils.py (demo_postprocess).
var YOLOX = register(Decoder{
	Name:    "yolox",
	Outputs: "one output [batch, n, 5 + classes] of offsets from the cells of three grids, objectness, class probabilities",
	Spec:    Spec{Threshold: 0.3, NMS: 0.45},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := yolox{Strides: []int{8, 16, 32}, classes: classes}
		return &h, checkStrides(numbers(data, &h), h.Strides)
	},
})

type yolox struct {
	Strides []int `json:"strides"` // pixels along a cell of each grid; with P6 8, 16, 32, 64
	classes int
}

// checkStrides returns err or, if that is nil, an error if a stride is below 1.
func checkStrides(err error, strides []int) error {
	if err != nil {
		return err
	}
	for _, s := range strides {
		if s < 1 {
			return fmt.Errorf(`"strides" are %v and must be pixels, at least 1`, strides)
		}
	}
	return nil
}

func (y *yolox) Check(outputs [][]int, picture [2]int) error {
	if err := count(outputs, 1, "one output, [batch, n, 5 + classes]"); err != nil {
		return err
	}
	if err := rowsOf(outputs[0], y.classes, 5, 0); err != nil {
		return err
	}
	return checkCells(outputs[0][1], picture, y.Strides)
}

// checkCells returns an error if there is not one candidate for every cell.
func checkCells(n int, picture [2]int, strides []int) error {
	if want := cellsOf(picture, strides); n != want {
		return fmt.Errorf("there are %d candidates, and %d cells of the strides %v in a picture of %d x %d pixels", n, want,
			strides, picture[1], picture[0])
	}
	return nil
}

func (y *yolox) Decode(outputs []*Node, picture [2]int) Candidates {
	rows := outputs[0]
	column, row, stride := cells(rows.Graph(), picture, y.Strides)
	middle := Mul(Add(sliceLast(rows, 0, 2), Concatenate([]*Node{column, row}, -1)), stride)
	size := Mul(Exp(sliceLast(rows, 2, 4)), stride)
	return Candidates{Boxes: corners(Concatenate([]*Node{middle, size}, -1)), Objectness: takeLast(rows, 4),
		Scores: sliceLast(rows, 5, 0)}
}
