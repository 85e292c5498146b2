package detect

import (
	"encoding/json"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// NanoDet reads the heads of NanoDet and PicoDet, exported without a suppression: one output
// [batch, n, classes + 4 (r + 1)] of class probabilities and, for each of the four sides,
// r + 1 logits of its distance from the cell's point (x s, y s), in strides s:
//
//	d_k = s SUM_j j softmax(l_k)_j,  box = (x s - d_0, y s - d_1, x s + d_2, y s + d_3)
//
// Li et al. 2020, "Generalized Focal Loss" (eq. 6); NanoDet-Plus 1.0.0,
// nanodet/model/head/nanodet_plus_head.py, with r = 7 and the strides 8, 16, 32 and 64.
// PicoDet's points are the middles of the cells: "middle": true.
var NanoDet = register(Decoder{
	Name:    "nanodet",
	Outputs: "one output [batch, n, classes + 4 (r + 1)]: class probabilities and distributions of the distances of four sides",
	Spec:    Spec{Threshold: 0.35, NMS: 0.6},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := nanoDet{Strides: []int{8, 16, 32, 64}, Bins: 8, classes: classes}
		err := checkStrides(numbers(data, &h), h.Strides)
		if err == nil && h.Bins < 2 {
			err = fmt.Errorf(`"bins" is %d and must be at least 2`, h.Bins)
		}
		return &h, err
	},
})

type nanoDet struct {
	Strides []int `json:"strides"`
	Bins    int   `json:"bins"`   // r + 1 logits of a side
	Middle  bool  `json:"middle"` // distances are from the middle of the cell
	classes int
}

func (n *nanoDet) Check(outputs [][]int, picture [2]int) error {
	if err := count(outputs, 1, "one output, [batch, n, classes + 4 (r + 1)]"); err != nil {
		return err
	}
	if err := rowsOf(outputs[0], n.classes, 0, 4*n.Bins); err != nil {
		return err
	}
	return checkCells(outputs[0][1], picture, n.Strides)
}

func (n *nanoDet) Decode(outputs []*Node, picture [2]int) Candidates {
	rows := outputs[0]
	g, dims := rows.Graph(), rows.Shape().Dimensions
	classes := dims[2] - 4*n.Bins
	column, row, stride := cells(g, picture, n.Strides)
	point := Concatenate([]*Node{column, row}, -1)
	if n.Middle {
		point = AddScalar(point, 0.5)
	}
	far := expected(sliceLast(rows, classes, 0), n.Bins)
	lo, hi := Sub(point, sliceLast(far, 0, 2)), Add(point, sliceLast(far, 2, 4))
	return Candidates{Boxes: Mul(Concatenate([]*Node{lo, hi}, -1), stride), Scores: sliceLast(rows, 0, classes)}
}

// expected returns the distances of four sides [batch, n, 4] from logits [batch, n, 4 bins]: for each side SUM_j j p_j,
// with p the softmax of its bins.
func expected(logits *Node, bins int) *Node {
	dims := logits.Shape().Dimensions
	p := Softmax(Reshape(logits, dims[0], dims[1], 4, bins), -1)
	values := make([]float32, bins)
	for i := range values {
		values[i] = float32(i)
	}
	return ReduceSum(Mul(p, Const(logits.Graph(), [][][][]float32{{{values}}})), -1)
}
