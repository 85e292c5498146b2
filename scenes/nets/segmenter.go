package nets

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/scenes"
)

// Segmenter says for every pixel which shape is seen there, if any: logits [batch, 1 + shapes, h, w], with the
// background first. It is a U-Net.
var Segmenter = Net{
	Name:    "segmenter",
	Side:    96,
	Labels:  append([]string{"background"}, scenes.Shapes...),
	Outputs: []string{"classes"},
	Graph: func(scope *model.Scope, x *Node) []*Node {
		maps := stages(scope, x, 16, 24, 32, 48)
		x = maps[3]
		for i, channels := range []int{32, 24, 16} {
			beside := maps[2-i]
			x = Concatenate([]*Node{repeatCells(x), beside}, -1)
			x = conv(scope, []string{"up1", "up2", "up3"}[i], x, channels, 1)
		}
		x = layers.Convolution(scope.In("classes"), repeatCells(x)).Channels(1 + len(scenes.Shapes)).KernelSize(3).PadSame().Done()
		return []*Node{TransposeAllAxes(x, 0, 3, 1, 2)}
	},
}

// repeatCells repeats every cell of a map [batch, h, w, c] in both directions.
func repeatCells(x *Node) *Node {
	b, h, w, c := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	x = BroadcastToDims(Reshape(x, b, h, 1, w, 1, c), b, h, 2, w, 2, c)
	return Reshape(x, b, 2*h, 2*w, c)
}
