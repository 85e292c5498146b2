package detect

import (
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// SAM reads the outputs of Segment Anything, which has a point or box as an input besides the picture: mask logits
// [batch, m, h, w] over the model's input, and the overlap with the truth that the model expects of each mask,
// [batch, m], in either order. An axis of one prompt after the batch is skipped. There is one class. The objectness is
// the expected overlap, and the box is the one around the mask.
//
// Kirillov et al. 2023, "Segment Anything" (section 3); transformers 5.24.0, SamModel: iou_scores, pred_masks.
var SAM = register(Decoder{
	Name:    "sam",
	Outputs: "two outputs: mask logits [batch, m, h, w] and the overlaps [batch, m] that the model expects of them, in either order",
	Masks:   true,
	Around:  true,
	Spec:    Spec{Threshold: 0.5, NMS: 1},
	New: func(data json.RawMessage, _ int) (Head, error) {
		return sam{}, numbers(data, &struct{}{})
	},
})

type sam struct{}

// dropPrompt returns a shape without the axis of one prompt after the batch, if it has one.
func dropPrompt(shape []int, rank int) []int {
	if len(shape) == rank+1 && shape[1] == 1 {
		return append([]int{shape[0]}, shape[2:]...)
	}
	return shape
}

// masks returns the number of the output with the mask logits.
func (sam) masks(outputs [][]int) int {
	if len(outputs[1]) > len(outputs[0]) {
		return 1
	}
	return 0
}

func (h sam) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2, "two outputs: mask logits [batch, m, h, w] and overlaps [batch, m]"); err != nil {
		return err
	}
	k := h.masks(outputs)
	masks, overlaps := dropPrompt(outputs[k], 4), dropPrompt(outputs[1-k], 2)
	if err := checkShape("mask logits", masks, -1, -1, -1, -1); err != nil {
		return err
	}
	if len(overlaps) != 2 || overlaps[1] != masks[1] {
		return fmt.Errorf("the overlaps have the shape %v and should have [batch, %d], one for each mask", overlaps, masks[1])
	}
	return nil
}

func (h sam) Decode(outputs []*Node, picture [2]int) Candidates {
	k := h.masks([][]int{outputs[0].Shape().Dimensions, outputs[1].Shape().Dimensions})
	plain := func(x *Node, rank int) *Node { return Reshape(x, dropPrompt(x.Shape().Dimensions, rank)...) }
	logits, overlaps := plain(outputs[k], 4), ClipScalar(plain(outputs[1-k], 2), 0, 1)
	masks := Sigmoid(logits)
	return Candidates{
		Boxes:      boundBoxes(ConvertDType(GreaterThan(logits, ZerosLike(logits)), dtypes.Float32), picture),
		Scores:     OnesLike(InsertAxes(overlaps, -1)),
		Objectness: overlaps,
		Mask:       func(chosen *Node) *Node { return pick(masks, chosen) },
	}
}
