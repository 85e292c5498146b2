package gomlxzoo

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
)

// ResNet has a stem and three residual blocks with batch norm, two of which halve the size.
func ResNet(scope *model.Scope, x *Node) *Node {
	x = activation.Relu(convNorm(scope.In("stem"), x, 8, 3, 1))
	for i, strides := range []int{1, 2, 2} {
		block := scope.In("block%d", i+1)
		channels := 8 << i
		y := activation.Relu(convNorm(block.In("conv1"), x, channels, 3, strides))
		y = convNorm(block.In("conv2"), y, channels, 3, 1)
		if strides > 1 {
			x = convNorm(block.In("downsample"), x, channels, 1, strides)
		}
		x = activation.Relu(Add(x, y))
	}
	return layers.Dense(scope.In("fc"), ReduceMean(x, 1, 2), true, 5)
}

func convNorm(scope *model.Scope, x *Node, channels, kernel, strides int) *Node {
	x = layers.Convolution(scope, x).Channels(channels).KernelSize(kernel).Strides(strides).PadSame().UseBias(false).Done()
	return norm.BatchNorm(scope, x, -1).Done()
}
