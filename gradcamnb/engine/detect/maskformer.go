package detect

import (
	"encoding/json"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// MaskFormer reads queries with masks, of MaskFormer, Mask2Former and OneFormer: class logits [batch, queries, classes
// + 1] with "no object" last, and mask logits [batch, queries, h, w] over the model's input. A query's class
// probabilities are the softmax over all its logits, without that of "no object". With the mask M = sigmoid(logits),
// the objectness is the mean of M over the pixels that belong to the mask,
//
//	SUM_xy M [M > 1/2] / (SUM_xy [M > 1/2] + 1e-6)
//
// and its box is the one around M > 1/2.
//
// Cheng, Schwing and Kirillov 2021, "Per-Pixel Classification is Not All You Need for Semantic Segmentation";
// transformers 5.24.0, post_process_instance_segmentation of Mask2Former.
var MaskFormer = register(Decoder{
	Name:    "maskformer",
	Outputs: `two outputs: class logits [batch, queries, classes + 1], "no object" last, and mask logits [batch, queries, h, w]`,
	Masks:   true,
	Around:  true,
	Spec:    Spec{Threshold: 0.5, NMS: 1},
	Preset:  "detr",
	New: func(data json.RawMessage, classes int) (Head, error) {
		return maskFormer{classes}, numbers(data, &struct{}{})
	},
})

type maskFormer struct{ classes int }

func (h maskFormer) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2,
		"two outputs: class logits [batch, queries, classes + 1] and mask logits [batch, queries, h, w]"); err != nil {
		return err
	}
	classes := -1
	if h.classes > 0 {
		classes = h.classes + 1
	}
	if err := checkShape("class logits", outputs[0], -1, -1, classes); err != nil {
		return err
	}
	return checkShape("mask logits", outputs[1], -1, outputs[0][1], -1, -1)
}

func (h maskFormer) Decode(outputs []*Node, picture [2]int) Candidates {
	p, masks := Softmax(outputs[0], -1), Sigmoid(outputs[1])
	seen := ConvertDType(GreaterThan(outputs[1], ZerosLike(outputs[1])), dtypes.Float32)
	return Candidates{
		Boxes:      boundBoxes(seen, picture),
		Scores:     sliceLast(p, 0, p.Shape().Dim(-1)-1),
		Objectness: Div(ReduceSum(Mul(masks, seen), 2, 3), AddScalar(ReduceSum(seen, 2, 3), 1e-6)),
		Mask:       func(chosen *Node) *Node { return pick(masks, chosen) },
	}
}

// boundBoxes returns the boxes [batch, n, 4] around the ones in masks of ones and zeros [batch, n, h, w] over the
// model's input. The box of an empty mask is zero.
func boundBoxes(seen *Node, picture [2]int) *Node {
	g, batch, n := seen.Graph(), seen.Shape().Dim(0), seen.Shape().Dim(1)
	ends := func(across, pixels int) (lo, hi *Node) { // the axis that is looked across, and the other's length
		along := ReduceMax(seen, across) // [batch, n, cells]
		cells := along.Shape().Dim(2)
		at := Iota(g, shapes.Make(dtypes.Float32, batch, n, cells), 2)
		scale := float64(pixels) / float64(cells)
		hi = ReduceMax(Mul(along, AddScalar(at, 1)), 2)
		lo = Sub(MulScalar(ReduceMax(along, 2), float64(cells)),
			ReduceMax(Mul(along, Sub(Scalar(g, dtypes.Float32, float64(cells)), at)), 2))
		return MulScalar(lo, scale), MulScalar(hi, scale)
	}
	x0, x1 := ends(2, picture[1])
	y0, y1 := ends(3, picture[0])
	return Stack([]*Node{x0, y0, x1, y1}, -1)
}
