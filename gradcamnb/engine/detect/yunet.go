package detect

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// YuNet reads OpenCV's face detector of several strides. For each stride s and each of its cells (c, r), row by row,
// there are two scores [batch, n, 1], one that there is an object and one that it is a face, a box b [batch, n, 4] and
// five landmarks l [batch, n, 10]:
//
//	cx = (c + b_0) s, cy = (r + b_1) s, w = exp(b_2) s, h = exp(b_3) s
//	landmark j at ((c + l_2j) s, (r + l_2j+1) s)
//
// A face is as probable as the geometric mean of the two scores, each cut to 0 to 1. The outputs may have any order.
//
// Wu et al. 2023, "YuNet: A Tiny Millisecond-level Face Detector"; OpenCV 4.10.0, modules/objdetect/src/face_detect.cpp.
var YuNet = register(Decoder{
	Name:    "yunet",
	Outputs: "of every stride two scores [batch, n, 1], boxes [batch, n, 4] and landmarks [batch, n, 10]",
	Spec:    Spec{Threshold: 0.6, NMS: 0.3},
	New: func(data json.RawMessage, _ int) (Head, error) {
		h := yunet{Strides: []int{8, 16, 32}}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if len(h.Strides) == 0 || slices.Min(h.Strides) < 1 {
			return nil, errors.New(`every one of "strides" must be at least 1`)
		}
		return h, nil
	},
})

type yunet struct {
	Strides []int `json:"strides"`
}

// places returns the numbers of the outputs with the two scores, the boxes and the landmarks, each with the finest
// stride first.
func (h yunet) places(outputs [][]int) map[string][]int {
	out := map[string][]int{}
	order := make([]int, len(outputs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(outputs[b][1], outputs[a][1]) })
	for _, i := range order {
		kind := map[int]string{1: "score", 4: "box", 10: "landmark"}[outputs[i][2]]
		if n := len(out["score"]); kind == "score" && n > len(out["other score"]) && outputs[i][1] == outputs[out[kind][n-1]][1] {
			kind = "other score"
		}
		out[kind] = append(out[kind], i)
	}
	return out
}

func (h yunet) Check(outputs [][]int, picture [2]int) error {
	words := fmt.Sprintf("four outputs of each of %d strides", len(h.Strides))
	if err := count(outputs, 4*len(h.Strides), words); err != nil {
		return err
	}
	for _, o := range outputs {
		if err := checkShape("an output", o, -1, -1, -1); err != nil {
			return err
		}
	}
	p := h.places(outputs)
	for _, kind := range []string{"score", "other score", "box", "landmark"} {
		if len(p[kind]) != len(h.Strides) {
			return fmt.Errorf("it reads two scores, a box and landmarks of each of %d strides, and the outputs have the shapes %v",
				len(h.Strides), outputs)
		}
		for k, i := range p[kind] {
			if err := checkShape("an output", outputs[i], -1, cellsOf(picture, h.Strides[k:k+1]), -1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h yunet) Decode(outputs []*Node, picture [2]int) Candidates {
	p := h.places(shapesOf(outputs))
	column, row, stride := cells(outputs[0].Graph(), picture, h.Strides)
	at := Concatenate([]*Node{column, row}, -1)
	b := joinRows(outputs, p["box"])
	middle, size := Mul(Add(at, sliceLast(b, 0, 2)), stride), Mul(Exp(sliceLast(b, 2, 4)), stride)
	l := joinRows(outputs, p["landmark"])
	l = Reshape(l, l.Shape().Dim(0), l.Shape().Dim(1), -1, 2)
	score := func(kind string) *Node { return ClipScalar(joinRows(outputs, p[kind]), 0, 1) }
	face := Sqrt(Mul(score("score"), score("other score")))
	return Candidates{Boxes: corners(Concatenate([]*Node{middle, size}, -1)), Scores: OnesLike(face),
		Objectness: takeLast(face, 0), Points: Mul(Add(l, InsertAxes(at, 2)), InsertAxes(stride, 2))}
}
