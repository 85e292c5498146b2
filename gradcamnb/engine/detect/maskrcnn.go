package detect

import (
	"encoding/json"
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// MaskRCNN reads models that end in their own non-maximum suppression and give a small
// mask for each box, as Mask R-CNN does with a fixed number of detections:
// boxes [batch, n, 4] as x0, y0, x1, y1 in pixels of the model's input, class numbers
// [batch, n], scores [batch, n] and masks [batch, n, m, m] in [0, 1] over their boxes
// ([batch, n, 1, m, m], too).
//
// He et al. 2017, "Mask R-CNN" (section 3).
var MaskRCNN = register(Decoder{
	Name:    "mask-rcnn",
	Outputs: "four outputs: boxes [batch, n, 4], class numbers [batch, n], scores [batch, n] and masks [batch, n, m, m] over the boxes",
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

func (maskRCNN) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 4, "four outputs: boxes, class numbers, scores and masks"); err != nil {
		return err
	}
	if err := shaped("boxes", outputs[0], -1, -1, 4); err != nil {
		return err
	}
	n := outputs[0][1]
	if err := errors.Join(shaped("class numbers", outputs[1], -1, n), shaped("scores", outputs[2], -1, n)); err != nil {
		return err
	}
	m := outputs[3]
	if len(m) == 5 && m[2] == 1 {
		m = append(append([]int{}, m[:2]...), m[3:]...)
	}
	if err := shaped("masks", m, -1, n, -1, -1); err != nil {
		return err
	}
	if m[2] != m[3] {
		return fmt.Errorf("masks have the shape %v and should be square", outputs[3])
	}
	return nil
}

func (h maskRCNN) Decode(outputs []*Node, picture [2]int) Candidates {
	boxes, masks := outputs[0], outputs[3]
	if masks.Rank() == 5 {
		masks = Squeeze(masks, 2)
	}
	const coarse = 4 // pixels of a cell of the mask over the whole input
	return Candidates{
		Boxes:      boxes,
		Scores:     oneHot(outputs[1], h.Classes),
		Objectness: outputs[2],
		Mask: func(chosen *Node) *Node {
			return paste(pick(masks, chosen), pick(boxes, chosen), max(1, picture[0]/coarse), max(1, picture[1]/coarse), picture)
		},
	}
}
