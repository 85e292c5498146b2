package detect

import (
	"encoding/json"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// RetinaFace reads offsets from square priors [batch, n, 4], probabilities of background and face [batch, n, 2], and
// five landmarks [batch, n, 10]; the three outputs have any order. Every cell (c, r) of a stride s has priors with
// several sides a and the middle p = ((c + 1/2) s, (r + 1/2) s). With the variances v and w
//
//	middle = p + d_01 v a, size = a exp(d_23 w), landmark j = p + l_2j,2j+1 v a
//
// Deng et al. 2020, "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild"; biubug6/Pytorch_Retinaface,
// utils/box_utils.py. Its pictures are BGR less (104, 117, 123), without a division.
var RetinaFace = register(Decoder{
	Name:    "retinaface",
	Outputs: "three outputs: offsets [batch, n, 4], probabilities [batch, n, 2] of background and face, landmarks [batch, n, 10]",
	Spec:    Spec{Threshold: 0.5, NMS: 0.4},
	New: func(data json.RawMessage, _ int) (Head, error) {
		h := retinaFace{Strides: []int{8, 16, 32}, Sides: [][]float64{{16, 32}, {64, 128}, {256, 512}},
			Variances: [2]float64{0.1, 0.2}}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if len(h.Sides) != len(h.Strides) || len(h.Strides) == 0 || slices.Min(h.Strides) < 1 {
			return nil, fmt.Errorf(`there are %d "strides", and "sides" of %d`, len(h.Strides), len(h.Sides))
		}
		return h, nil
	},
})

type retinaFace struct {
	Strides   []int       `json:"strides"`
	Sides     [][]float64 `json:"sides"`     // of each stride's priors, in pixels of the model's input
	Variances [2]float64  `json:"variances"` // of middles and of sizes
}

// priors returns x, y and side of every prior, [n, 3].
func (h retinaFace) priors(picture [2]int) []float32 {
	var out []float32
	for k, s := range h.Strides {
		for r := range (picture[0] + s - 1) / s {
			for c := range (picture[1] + s - 1) / s {
				for _, side := range h.Sides[k] {
					out = append(out, (float32(c)+0.5)*float32(s), (float32(r)+0.5)*float32(s), float32(side))
				}
			}
		}
	}
	return out
}

// places returns the numbers of the outputs with offsets, probabilities and landmarks; -1 for
// one that is missing.
func (retinaFace) places(outputs [][]int) [3]int {
	out := [3]int{-1, -1, -1}
	for i, o := range outputs {
		if k := slices.Index([]int{4, 2, 10}, o[len(o)-1]); k >= 0 {
			out[k] = i
		}
	}
	return out
}

func (h retinaFace) Check(outputs [][]int, picture [2]int) error {
	if err := count(outputs, 3, "three outputs: offsets, probabilities and landmarks"); err != nil {
		return err
	}
	n := len(h.priors(picture)) / 3
	for _, o := range outputs {
		if err := checkShape("an output", o, -1, n, -1); err != nil {
			return err
		}
	}
	if p := h.places(outputs); slices.Min(p[:]) < 0 {
		return fmt.Errorf("the outputs have the shapes %v and should have 4, 2 and 10 numbers a prior", outputs)
	}
	return nil
}

func (h retinaFace) Decode(outputs []*Node, picture [2]int) Candidates {
	p := h.places(shapesOf(outputs))
	offsets, landmarks := outputs[p[0]], outputs[p[2]]
	priors := h.priors(picture)
	all := Const(offsets.Graph(), tensors.FromFlatDataAndDimensions(priors, 1, len(priors)/3, 3))
	middle, side := sliceLast(all, 0, 2), sliceLast(all, 2, 3)
	near := MulScalar(side, h.Variances[0])
	size := Mul(side, Exp(MulScalar(sliceLast(offsets, 2, 4), h.Variances[1])))
	marks := Reshape(landmarks, landmarks.Shape().Dim(0), landmarks.Shape().Dim(1), -1, 2)
	presence := takeLast(outputs[p[1]], 1)
	return Candidates{
		Boxes:      corners(Concatenate([]*Node{Add(middle, Mul(sliceLast(offsets, 0, 2), near)), size}, -1)),
		Objectness: presence, Scores: OnesLike(InsertAxes(presence, -1)),
		Points: Add(InsertAxes(middle, 2), Mul(marks, InsertAxes(near, 2))),
	}
}
