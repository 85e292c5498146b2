package detect

import (
	"encoding/json"
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// MaskRCNN reads models that end in their own non-maximum suppression and return a fixed
// number of boxes, each with a mask, such as Mask R-CNN: boxes [batch, n, 4] as x0, y0, x1, y1
// in pixels of the model's input, class numbers [batch, n], scores [batch, n] and masks in
// [0, 1]. Masks are [batch, n, m, m] over their boxes or, if they have the size of the model's
// input, [batch, n, h, w] over that; either may be [batch, n, 1, ...].
//
// He et al. 2017, "Mask R-CNN" (section 3). torchvision 0.29.2 lays masks out over the picture.
var MaskRCNN = register(Decoder{
	Name:    "mask-rcnn",
	Outputs: "four outputs: boxes [batch, n, 4], class numbers [batch, n], scores [batch, n] and masks [batch, n, m, m] over the boxes, or [batch, n, h, w] of the picture's size",
	Masks:   true,
	Spec:    Spec{Threshold: 0.5, NMS: 1},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := maskRCNN{Classes: countOrMany(classes)}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if h.Classes < 1 {
			return nil, errNoClasses
		}
		return h, nil
	},
})

var errNoClasses = errors.New(`nothing says how many classes there are: give "classes", or labels`)

type maskRCNN struct {
	Classes int `json:"classes"`
}

func (maskRCNN) Check(outputs [][]int, picture [2]int) error {
	if err := count(outputs, 4, "four outputs: boxes, class numbers, scores and masks"); err != nil {
		return err
	}
	if err := checkShape("boxes", outputs[0], -1, -1, 4); err != nil {
		return err
	}
	n := outputs[0][1]
	err := errors.Join(checkShape("class numbers", outputs[1], -1, n), checkShape("scores", outputs[2], -1, n))
	if err != nil {
		return err
	}
	return checkBoxMasks(outputs[3], n, picture)
}

// checkBoxMasks checks the shape of n masks over their boxes, which are square, or over the picture.
func checkBoxMasks(masks []int, n int, picture [2]int) error {
	m := masks
	if len(m) == 5 && m[2] == 1 {
		m = append(append([]int{}, m[:2]...), m[3:]...)
	}
	if err := checkShape("masks", m, -1, n, -1, -1); err != nil {
		return err
	}
	if m[2] != m[3] && [2]int(m[2:]) != picture {
		return fmt.Errorf("masks have the shape %v and should be square, or of the picture's size %v", masks, picture)
	}
	return nil
}

// boxMasks returns the function [Candidates.Mask] of masks over their boxes [batch, n, 4] or, if they have the size of
// the model's input, over that.
func boxMasks(masks, boxes *Node, picture [2]int) func(chosen *Node) *Node {
	if masks.Rank() == 5 {
		masks = Squeeze(masks, 2)
	}
	if [2]int(masks.Shape().Dimensions[2:]) == picture {
		return func(chosen *Node) *Node { return pick(masks, chosen) }
	}
	const coarse = 4 // pixels along a cell of the mask over the whole input
	return func(chosen *Node) *Node {
		return paste(pick(masks, chosen), pick(boxes, chosen), max(1, picture[0]/coarse), max(1, picture[1]/coarse), picture)
	}
}

func (h maskRCNN) Decode(outputs []*Node, picture [2]int) Candidates {
	return Candidates{
		Boxes:      outputs[0],
		Scores:     oneHot(outputs[1], h.Classes),
		Numbers:    outputs[1],
		Objectness: outputs[2],
		Mask:       boxMasks(outputs[3], outputs[0], picture),
	}
}
