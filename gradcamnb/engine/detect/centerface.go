package detect

import (
	"encoding/json"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// CenterFace reads a face detector without anchors. Its maps have a quarter of the picture's
// size. For every cell (r, c) there are
//
//	heatmap [batch, 1, h, w]    probability that a face's middle is there
//	scale   [batch, 2, h, w]    h = 4 exp(s_0), w = 4 exp(s_1)
//	offset  [batch, 2, h, w]    x0 = (c + o_1 + 1/2) 4 - w/2, y0 = (r + o_0 + 1/2) 4 - h/2, cut to the picture
//	points  [batch, 10, h, w]   five landmarks, x = l_(2j+1) w + x0, y = l_2j h + y0
//
// Xu et al. 2019, "CenterFace: Joint Face Detection and Alignment Using Face as Point".
var CenterFace = register(Decoder{
	Name:    "centerface",
	Outputs: "heatmap, scale, offset and landmarks of a quarter of the picture's size, [batch, 1, h, w], [batch, 2, h, w], [batch, 2, h, w] and [batch, 10, h, w]",
	Spec:    Spec{Threshold: 0.5, NMS: 0.3},
	New: func(data json.RawMessage, _ int) (Head, error) {
		return centerFace{}, numbers(data, &struct{}{})
	},
})

type centerFace struct{}

const faceStride = 4 // pixels along a cell's side

func (centerFace) Check(outputs [][]int, picture [2]int) error {
	if err := count(outputs, 4, "four outputs: heatmap, scale, offset and landmarks"); err != nil {
		return err
	}
	h, w := picture[0]/faceStride, picture[1]/faceStride
	for i, c := range []int{1, 2, 2, 10} {
		if err := checkShape([]string{"heatmap", "scale", "offset", "landmarks"}[i], outputs[i], -1, c, h, w); err != nil {
			return err
		}
	}
	return nil
}

func (centerFace) Decode(outputs []*Node, picture [2]int) Candidates {
	heat, scale, offset, points := outputs[0], outputs[1], outputs[2], outputs[3]
	g, h, w := heat.Graph(), heat.Shape().Dim(2), heat.Shape().Dim(3)
	cells := shapes.Make(dtypes.Float32, 1, h, w)
	row, column := Reshape(Iota(g, cells, 1), 1, -1), Reshape(Iota(g, cells, 2), 1, -1)
	size := func(i int) *Node { return MulScalar(Exp(channel(scale, i)), faceStride) }
	start := func(cell *Node, i int, size *Node, limit int) *Node {
		middle := MulScalar(AddScalar(Add(cell, channel(offset, i)), 0.5), faceStride)
		return ClipScalar(Sub(middle, MulScalar(size, 0.5)), 0, float64(limit))
	}
	height, width := size(0), size(1)
	y0, x0 := start(row, 0, height, picture[0]), start(column, 1, width, picture[1])
	var marks []*Node
	for j := range 5 {
		x := Add(Mul(channel(points, 2*j+1), width), x0)
		y := Add(Mul(channel(points, 2*j), height), y0)
		marks = append(marks, Stack([]*Node{x, y}, -1))
	}
	presence := channel(heat, 0)
	return Candidates{
		Boxes: Stack([]*Node{x0, y0, MinScalar(Add(x0, width), float64(picture[1])),
			MinScalar(Add(y0, height), float64(picture[0]))}, -1),
		Scores:     InsertAxes(OnesLike(presence), -1),
		Objectness: presence,
		Points:     Stack(marks, 2),
	}
}
