// Package gomlxzoo holds networks written with GoMLX, for tests of the engine. They are those of GoMLX's own examples,
// imported unchanged, and a ResNet, a vision transformer and a U-Net in the usual form. It is a module of its own, so
// that nobody else gets the examples' requirements.
package gomlxzoo

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/examples/cifar"
	"github.com/gomlx/gomlx/examples/dogsvscats"
	"github.com/gomlx/gomlx/examples/inceptionv3"
	"github.com/gomlx/gomlx/examples/mnist"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/internal/must"
)

// Net is a network.
type Net struct {
	Name   string                                  // name of the network
	Input  []int                                   // [batch, h, w, channels]
	Params map[string]any                          // parameters of the function, such as how many layers there are
	Fn     func(scope *model.Scope, x *Node) *Node // its graph function
}

// Nets returns all networks.
func Nets() []Net {
	return []Net{
		{"cifar", []int{1, 32, 32, 3}, nil, cifar.C10ConvolutionModelGraph},
		{"cifar-batch", []int{1, 32, 32, 3}, map[string]any{"cnn_normalization": "batch"}, cifar.C10ConvolutionModelGraph},
		{"mnist", []int{1, 28, 28, 1}, nil, mnist.CnnModelGraph},
		{"dogsvscats", []int{1, 32, 32, 3}, map[string]any{"cnn_normalization": "batch", "cnn_num_layers": 3},
			dogsvscats.CnnModelGraph},
		{"inceptionv3", []int{1, 107, 107, 3}, nil, func(scope *model.Scope, x *Node) *Node {
			return inceptionv3.BuildGraph(scope, x).SetPooling(inceptionv3.MeanPooling).Done()
		}},
		{"resnet", []int{1, 16, 16, 3}, nil, ResNet},
		{"vit", []int{1, 16, 16, 3}, nil, ViT},
		{"unet", []int{1, 16, 16, 3}, nil, UNet},
	}
}

// Store returns a store with the network's parameters, and with random weights that are the same every time and on
// every backend, since pure Go draws them. It panics if pure Go fails.
func (n Net) Store() *model.Store {
	s := model.NewStore()
	s.RootScope().SetParam(model.ParamInitialSeed, int64(1))
	for name, v := range n.Params {
		s.RootScope().SetParam(name, v)
	}
	on := must.Get(device.OpenNamed("go"))
	defer on.Finalize()
	g := NewGraph(on.Backend, n.Name)
	model.SetStore(g, s)
	n.Fn(s.RootScope(), Parameter(g, "picture", shapes.Make(dtypes.Float32, n.Input...)))
	g.Finalize()
	if err := s.InitializeVariables(on.Backend, nil); err != nil {
		panic(err)
	}
	for v := range s.IterVariables() {
		if err := must.Get(v.Value()).ToLocal(); err != nil {
			panic(err)
		}
	}
	return s
}
