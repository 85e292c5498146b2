package nets

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/scenes"
)

const (
	finderCell = 8 // pixels of a cell's side; a cell can find one object
	finderMask = 8 // prototypes that a mask is made of
)

// Finder finds objects: their boxes, shapes and instance masks. Every cell of 8 x 8 pixels may find one object, whose
// middle lies in it. The outputs have the layout of YOLO v8's instance segmentation: [batch, 4 + shapes + 8, 144] with
// cx, cy, w, h, the probability of each shape and the coefficients of the mask, and prototypes [batch, 8, 48, 48].
var Finder = Net{
	Name:     "finder",
	Side:     96,
	Labels:   scenes.Shapes,
	Outputs:  []string{"candidates", "prototypes"},
	Detector: &detect.Spec{Decoder: detect.YOLOSeg.Name, Threshold: 0.4, NMS: 0.45},
	Graph: func(scope *model.Scope, x *Node) []*Node {
		maps := stages(scope, x, 16, 32, 48, 64)
		neck := conv(scope, "neck", Concatenate([]*Node{repeatCells(maps[3]), maps[2]}, -1), 64, 1)
		fine := conv(scope, "fine", Concatenate([]*Node{repeatCells(neck), maps[1]}, -1), 32, 1)
		finest := conv(scope, "finest", Concatenate([]*Node{repeatCells(fine), maps[0]}, -1), 16, 1)
		prototypes := linear(scope, "prototypes", finest, finderMask)
		cells := linear(scope, "candidates", conv(scope, "look", neck, 64, 1), 4+len(scenes.Shapes)+finderMask)
		return []*Node{readCells(cells), TransposeAllAxes(prototypes, 0, 3, 1, 2)}
	},
}

// linear returns a 3 x 3 convolution without anything after it.
func linear(scope *model.Scope, name string, x *Node, channels int) *Node {
	return layers.Convolution(scope.In("%s", name), x).Channels(channels).KernelSize(3).PadSame().Done()
}

// readCells turns the output of the cells, [batch, h, w, 4 + shapes + masks], into candidates. The middle of an object
// lies in its cell, or up to half a cell outside it, and its size is exp(t) times 24 pixels:
//
//	cx = (column + 2 sigmoid(t_0) - 1/2) 8, w = 24 exp(t_2), likewise cy and h
func readCells(cells *Node) *Node {
	g, batch, h, w := cells.Graph(), cells.Shape().Dim(0), cells.Shape().Dim(1), cells.Shape().Dim(2)
	part := func(start, end int) *Node {
		return Slice(cells, AxisRange(), AxisRange(), AxisRange(), AxisRange(start, end))
	}
	at := shapes.Make(dtypes.Float32, 1, h, w, 1)
	cell := Concatenate([]*Node{Iota(g, at, 2), Iota(g, at, 1)}, -1)
	middle := MulScalar(AddScalar(Add(cell, MulScalar(Sigmoid(part(0, 2)), 2)), -0.5), finderCell)
	size := MulScalar(Exp(ClipScalar(part(2, 4), -3, 2)), 24)
	classes := 4 + len(scenes.Shapes)
	all := Concatenate([]*Node{middle, size, Sigmoid(part(4, classes)), part(classes, classes+finderMask)}, -1)
	return TransposeAllAxes(Reshape(all, batch, h*w, classes+finderMask), 0, 2, 1)
}
