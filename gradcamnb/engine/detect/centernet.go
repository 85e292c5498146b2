package detect

import (
	"cmp"
	"encoding/json"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// CenterNet reads objects as points: a heatmap of classes [batch, classes, h, w], sizes [batch, 2, h, w] (width,
// height) and offsets [batch, 2, h, w] in cells. A cell (c, r) that is the highest of its 3 x 3 neighbours is a
// candidate of its class,
//
//	cx = (c + o_0) s, cy = (r + o_1) s, w = s_0 s, h = s_1 s,  s pixels along a cell's side
//
// and other cells have the score 0. "logits": true takes the sigmoid of the heatmap first.
//
// Zhou et al. 2019, "Objects as Points" (section 4); MMDetection, mmdet/models/dense_heads/centernet_head.py.
var CenterNet = register(Decoder{
	Name:    "centernet",
	Outputs: "three outputs: heatmap [batch, classes, h, w], sizes [batch, 2, h, w] and offsets [batch, 2, h, w]",
	Spec:    Spec{Threshold: 0.3, NMS: 1},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := centerNet{classes: classes}
		return &h, numbers(data, &h)
	},
})

type centerNet struct {
	Logits  bool `json:"logits"`
	classes int
}

func (h *centerNet) Check(outputs [][]int, picture [2]int) error {
	if err := count(outputs, 3, "three outputs: heatmap, sizes and offsets"); err != nil {
		return err
	}
	heat := outputs[0]
	if err := checkShape("the heatmap", heat, -1, cmp.Or(h.classes, -1), -1, -1); err != nil {
		return err
	}
	for i, name := range []string{"sizes", "offsets"} {
		if err := checkShape(name, outputs[1+i], -1, 2, heat[2], heat[3]); err != nil {
			return err
		}
	}
	if s := picture[0] / max(1, heat[2]); s < 1 || heat[2]*s != picture[0] || heat[3]*s != picture[1] {
		return fmt.Errorf("the heatmap has %d x %d cells, which are no whole pixels of a picture of %d x %d", heat[3],
			heat[2], picture[1], picture[0])
	}
	return nil
}

func (h *centerNet) Decode(outputs []*Node, picture [2]int) Candidates {
	heat := outputs[0]
	if h.Logits {
		heat = Sigmoid(heat)
	}
	heat = TransposeAllAxes(heat, 0, 2, 3, 1)
	batch, rows, columns, classes := heat.Shape().Dim(0), heat.Shape().Dim(1), heat.Shape().Dim(2), heat.Shape().Dim(3)
	stride := picture[0] / rows
	highest := MaxPool(StopGradient(heat)).Window(3).Strides(1).PadSame().Done()
	heat = Where(GreaterOrEqual(heat, highest), heat, ZerosLike(heat))
	column, row, _ := cells(heat.Graph(), [2]int{rows, columns}, []int{1})
	pair := func(x *Node) *Node { return TransposeAllAxes(Reshape(x, batch, 2, -1), 0, 2, 1) }
	middle := Add(Concatenate([]*Node{column, row}, -1), pair(outputs[2]))
	return Candidates{
		Boxes:  MulScalar(corners(Concatenate([]*Node{middle, pair(outputs[1])}, -1)), float64(stride)),
		Scores: Reshape(heat, batch, -1, classes),
	}
}
