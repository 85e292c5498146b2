package detect

import (
	"encoding/json"

	. "github.com/gomlx/gomlx/core/graph"
)

// DetsLabelsMasks is [DetsLabels] with instance masks in [0, 1], [batch, n, m, m] over the boxes or [batch, n, h, w] of
// the picture's size.
//
// MMDeploy 1.3.1, mmdeploy/codebase/mmdet/models/roi_heads/fcn_mask_head.py, whose export_postprocess_mask says which.
var DetsLabelsMasks = register(Decoder{
	Name:    "dets-labels-masks",
	Outputs: "three outputs: [batch, n, 5] of x0, y0, x1, y1, score, class numbers [batch, n], and masks [batch, n, m, m] over the boxes or [batch, n, h, w] of the picture's size",
	Masks:   true,
	Spec:    DetsLabels.Spec,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h, err := DetsLabels.New(data, classes)
		return detsLabelsMasks{h}, err
	},
})

type detsLabelsMasks struct{ found Head }

func (h detsLabelsMasks) Check(outputs [][]int, picture [2]int) error {
	if err := count(outputs, 3, "three outputs: [batch, n, 5], class numbers [batch, n], and masks"); err != nil {
		return err
	}
	if err := h.found.Check(outputs[:2], picture); err != nil {
		return err
	}
	return checkBoxMasks(outputs[2], outputs[0][1], picture)
}

func (h detsLabelsMasks) Decode(outputs []*Node, picture [2]int) Candidates {
	c := h.found.Decode(outputs[:2], picture)
	c.Mask = boxMasks(outputs[2], c.Boxes, picture)
	return c
}
