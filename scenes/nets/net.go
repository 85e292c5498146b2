// Package nets holds small networks that were trained on scenes, as GoMLX graph functions with committed weights: a
// tagger, an attributor, a segmenter and a finder. Each network has a file of its own. scenes/train made the weights.
package nets

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/must"
)

// Net is one network.
type Net struct {
	Name    string              // name of the network
	Side    int                 // side of its input, in pixels
	Labels  []string            // names of the values of its first output
	Outputs []string            // names of its outputs
	Heads   map[string][]string // names of the values of each output, if there are several
	Graph   source.GraphFn      // its graph function

	Detector *detect.Spec // how its detections are read; nil if it is no detector
}

// Prep returns the preprocessing that turns a picture into the network's input.
func (n Net) Prep() imgio.Prep {
	return imgio.Prep{
		Width: n.Side, Height: n.Side, Fit: imgio.Stretch, Order: "RGB",
		Mean: [3]float32{128, 128, 128}, Scale: [3]float32{64, 64, 64},
	}
}

// Card returns the facts about the network that the engine needs.
func (n Net) Card() source.Card {
	prep := n.Prep()
	return source.Card{Name: n.Name, Input: []int{-1, n.Side, n.Side, 3}, Prep: &prep, Labels: n.Labels,
		Outputs: n.Outputs, HeadLabels: n.Heads, Detector: n.Detector}
}

// Store reads weights from a folder with a GoMLX checkpoint.
func Store(dir string) (*model.Store, error) {
	store := model.NewStore()
	if _, err := checkpoint.Load(store).Dir(dir).Immediate().Done(); err != nil {
		return nil, fmt.Errorf("reading the weights in %s: %w", dir, err)
	}
	return store, nil
}

// Open returns the network, ready to be explained, with the weights of a folder such as testdata/scenes/tagger.
func (n Net) Open(dir string) (*gradcamnb.Model, error) {
	store, err := Store(dir)
	if err != nil {
		return nil, err
	}
	return engine.Model(n.Card(), store, n.Graph)
}

// MustOpen is Open, but panics with the error.
func (n Net) MustOpen(dir string) *gradcamnb.Model { return must.Get(n.Open(dir)) }

// stages builds the trunk of the networks, from a picture [batch, h, w, 3], and returns the last map of every stage.
// Each stage halves the resolution and then convolves once more. Its two feature maps are named /stage<k>.0 and
// /stage<k>.1, from k = 1.
func stages(scope *model.Scope, x *Node, channels ...int) []*Node {
	var maps []*Node
	for i, c := range channels {
		for half, stride := range []int{2, 1} {
			name := fmt.Sprintf("stage%d.%d", i+1, half)
			x = conv(scope, name, x, c, stride)
		}
		maps = append(maps, x)
	}
	return maps
}

// conv returns a 3 x 3 convolution with a ReLU, named as a layer to explain at.
func conv(scope *model.Scope, name string, x *Node, channels, stride int) *Node {
	scope = scope.In("%s", name).WithInitializer(initializer.HeFn(scope))
	x = layers.Convolution(scope, x).Channels(channels).KernelSize(3).PadSame().Strides(stride).Done()
	return engine.Layer(activation.Relu(x), "/"+name)
}

// head returns a linear layer on the mean of a feature map: [batch, h, w, c] -> [batch, n].
func head(scope *model.Scope, name string, x *Node, n int) *Node {
	return layers.DenseWithBias(scope.In("%s", name), ReduceMean(x, 1, 2), n)
}
