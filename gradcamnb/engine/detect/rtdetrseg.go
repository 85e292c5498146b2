package detect

import (
	"encoding/json"

	. "github.com/gomlx/gomlx/core/graph"
)

// RTDETRSeg is [RTDETR] with mask logits [batch, queries, h, w] over the picture as its third output, as the
// segmentation models of RF-DETR have them. A mask is their sigmoid.
//
// roboflow/rf-detr 1.3.0, rfdetr/models/segmentation_head.py.
var RTDETRSeg = register(Decoder{
	Name:    "rt-detr-seg",
	Outputs: "three outputs: class logits [batch, queries, classes] and boxes [batch, queries, 4], in either order, and mask logits [batch, queries, h, w]",
	Masks:   true,
	Asked:   true, // DETR's segmentation has outputs of these shapes, too, and is read in another way
	Spec:    RTDETR.Spec,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h, err := RTDETR.New(data, classes)
		return rtdetrSeg{h}, err
	},
})

type rtdetrSeg struct{ found Head }

func (h rtdetrSeg) Check(outputs [][]int, picture [2]int) error {
	if err := count(outputs, 3, "three outputs: class logits, boxes and mask logits [batch, queries, h, w]"); err != nil {
		return err
	}
	if err := h.found.Check(outputs[:2], picture); err != nil {
		return err
	}
	return checkShape("mask logits", outputs[2], -1, outputs[0][1], -1, -1)
}

func (h rtdetrSeg) Decode(outputs []*Node, picture [2]int) Candidates {
	c := h.found.Decode(outputs[:2], picture)
	c.Mask = func(chosen *Node) *Node { return Sigmoid(pick(outputs[2], chosen)) }
	return c
}
