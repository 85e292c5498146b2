package gomlxzoo

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// UNet halves the resolution twice and doubles it twice, and gives two scores for each pixel, [batch, h, w, 2].
func UNet(scope *model.Scope, x *Node) *Node {
	conv := func(scope *model.Scope, x *Node, channels int) *Node {
		return activation.Swish(layers.Convolution(scope, x).Channels(channels).KernelSize(3).PadSame().Done())
	}
	var skips []*Node
	for i := range 2 {
		x = conv(scope.In("down%d", i), x, 6<<i)
		skips = append(skips, x)
		x = MeanPool(x).Window(2).Done()
	}
	x = conv(scope.In("middle"), x, 24)
	for i := 1; i >= 0; i-- {
		up := Interpolate(x, NoInterpolation, 2*x.Shape().Dim(1), 2*x.Shape().Dim(2), NoInterpolation).Nearest().Done()
		x = conv(scope.In("up%d", i), Concatenate([]*Node{up, skips[i]}, -1), 6<<i)
	}
	return layers.Convolution(scope.In("scores"), x).Channels(2).KernelSize(1).Done()
}
