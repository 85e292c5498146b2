package detect

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// SCRFD reads a face detector of several strides, as InsightFace exports it. For each stride s there are scores [n, 1],
// distances [n, 4] from the cell (c, r) to the left, top, right and bottom side of the box, and possibly landmarks
// [n, 10]. Distances and landmarks are in units of the stride. The rows go through the cells row by row, and every cell
// has the same number of anchors, one after the other:
//
//	x0 = (c - d_0) s, y0 = (r - d_1) s, x1 = (c + d_2) s, y1 = (r + d_3) s
//	landmark j at ((c + l_2j) s, (r + l_2j+1) s)
//
// The outputs may have any order, and the batch as an additional first axis, [batch, n, ...]. Pictures are
// (p - 127.5) / 128, RGB, padded on the right and below.
//
// Guo et al. 2021, "Sample and Computation Redistribution for Efficient Face Detection"; InsightFace,
// detection/scrfd/tools/scrfd.py.
var SCRFD = register(Decoder{
	Name:    "scrfd",
	Outputs: "of every stride scores [n, 1], distances [n, 4] and, if there are any, landmarks [n, 10]",
	Spec:    Spec{Threshold: 0.5, NMS: 0.4},
	New: func(data json.RawMessage, _ int) (Head, error) {
		h := scrfd{Strides: []int{8, 16, 32}, Anchors: 2}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if h.Anchors < 1 || len(h.Strides) == 0 || slices.Min(h.Strides) < 1 {
			return nil, errors.New(`"anchors" and every one of "strides" must be at least 1`)
		}
		return h, nil
	},
})

type scrfd struct {
	Strides []int `json:"strides"`
	Anchors int   `json:"anchors"` // of a cell
}

// places returns the numbers of the outputs with scores, distances and landmarks, each with the finest stride first.
func (h scrfd) places(outputs [][]int) [3][]int {
	var out [3][]int
	for i, o := range outputs {
		if k := slices.Index([]int{1, 4, 10}, o[len(o)-1]); k >= 0 {
			out[k] = append(out[k], i)
		}
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(tall(outputs[b]), tall(outputs[a])) })
	}
	return out
}

// tall returns the number of rows of a table: its last axis but one.
func tall(shape []int) int { return shape[len(shape)-2] }

func (h scrfd) Check(outputs [][]int, picture [2]int) error {
	for _, o := range outputs {
		if len(o) != 2 && len(o) != 3 {
			return fmt.Errorf("an output has the shape %v and should have [n, 1], [n, 4] or [n, 10]", o)
		}
	}
	p := h.places(outputs)
	levels := len(h.Strides)
	if len(p[0]) != levels || len(p[1]) != levels || len(p[2]) != 0 && len(p[2]) != levels ||
		len(p[0])+len(p[1])+len(p[2]) != len(outputs) {
		return fmt.Errorf("it reads scores [n, 1], distances [n, 4] and perhaps landmarks [n, 10] of each of %d strides, and there are %d, %d and %d of %d outputs", levels, len(p[0]), len(p[1]), len(p[2]), len(outputs))
	}
	for _, list := range p {
		for k, i := range list {
			if want := h.Anchors * cellsOf(picture, h.Strides[k:k+1]); tall(outputs[i]) != want {
				return fmt.Errorf("an output of stride %d has %d rows and should have %d, %d for each cell", h.Strides[k],
					tall(outputs[i]), want, h.Anchors)
			}
		}
	}
	return nil
}

func (h scrfd) Decode(outputs []*Node, picture [2]int) Candidates {
	p := h.places(shapesOf(outputs))
	column, row, stride := cells(outputs[0].Graph(), picture, h.Strides)
	repeated := func(x *Node) *Node { // [1, cells * anchors, 1]
		n := x.Shape().Dim(1)
		return Reshape(BroadcastToDims(InsertAxes(x, 2), 1, n, h.Anchors, 1), 1, n*h.Anchors, 1)
	}
	column, row, stride = repeated(column), repeated(row), repeated(stride)
	at := Concatenate([]*Node{column, row}, -1)
	d := joinRows(outputs, p[1])
	c := Candidates{Boxes: Mul(Concatenate([]*Node{Sub(at, sliceLast(d, 0, 2)), Add(at, sliceLast(d, 2, 4))}, -1), stride)}
	c.Objectness = takeLast(joinRows(outputs, p[0]), 0)
	c.Scores = OnesLike(InsertAxes(c.Objectness, -1))
	if len(p[2]) > 0 {
		l := joinRows(outputs, p[2])
		l = Reshape(l, l.Shape().Dim(0), l.Shape().Dim(1), -1, 2)
		c.Points = Mul(Add(l, InsertAxes(at, 2)), InsertAxes(stride, 2))
	}
	return c
}
