package gomlxzoo

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
)

// ViT cuts the picture into patches of 4 x 4 and reads the answer off a class token.
func ViT(scope *model.Scope, x *Node) *Node {
	const width = 12
	x = layers.Convolution(scope.In("patch"), x).Channels(width).KernelSize(4).Strides(4).Done()
	size := x.Shape().Dim(0)
	x = Reshape(x, size, -1, width)
	class := scope.VariableWithShape("class", shapes.Make(x.DType(), 1, 1, width)).NodeValue(x.Graph())
	x = Concatenate([]*Node{BroadcastToDims(class, size, 1, width), x}, 1)
	x = Add(x, scope.VariableWithShape("positions", shapes.Make(x.DType(), 1, x.Shape().Dim(1), width)).NodeValue(
		x.Graph()))
	for i := range 2 {
		block := scope.In("block%d", i)
		x = Add(x, attention.SelfAttention(block.In("attention"), norm.LayerNorm(block.In("norm1"), x, -1).Done(), 2,
			6).Done())
		y := layers.Dense(block.In("mlp1"), norm.LayerNorm(block.In("norm2"), x, -1).Done(), true, 2*width)
		x = Add(x, layers.Dense(block.In("mlp2"), activation.Gelu(y), true, width))
	}
	x = norm.LayerNorm(scope.In("norm"), x, -1).Done()
	return layers.Dense(scope.In("head"), Squeeze(Slice(x, AxisRange(), AxisElem(0), AxisRange()), 1), true, 5)
}
