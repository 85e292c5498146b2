package source

import (
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A head on a file's network, without a name given, has the layer suggested that the file's own network has: also as the
// pure-Go backend has it, whose convolutions of 1 x 1 are products of rows and whose poolings are slices.
func TestSuggestionThroughAFilesNetwork(t *testing.T) {
	for name, side := range map[string]int{
		"efficientnet-lite0.onnx": 224, "resnet-basic.dyn.onnx": 64, "mobilenet_v3.dyn.onnx": 64, "convnext.dyn.onnx": 64,
		"densenet.dyn.onnx": 64, "inception.dyn.onnx": 64, "squeezenet.dyn.onnx": 64, "vgg.dyn.onnx": 64, "unet.dyn.onnx": 64, "vit.dyn.onnx": 64,
	} {
		t.Run(name, func(t *testing.T) {
			file, err := ONNX(golden.Path("models", name))
			if err != nil {
				t.Fatal(err)
			}
			if fixed := file.Card().Input[2]; fixed > 0 {
				side = fixed
			}
			input := []int{1, 3, side, side}
			all, err := file.Layers(input, "")
			if err != nil {
				t.Fatal(err)
			}
			want, err := Suggested(all)
			if err != nil {
				t.Fatal(err)
			}
			m, err := GoMLX(Card{Name: "head", Input: input, Layout: imgio.ChannelsFirst, Untrained: true}, model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
				cut := file.Build(scope.In("backbone"), x, []string{want.Name}, nil).Cuts[0]
				return []*Node{layers.Dense(scope.In("head"), ReduceMean(cut.Grid(cut.Node), 1, 2), true, 4)}
			})
			if err != nil {
				t.Fatal(err)
			}
			all, err = m.Layers(input, "")
			if err != nil {
				t.Fatal(err)
			}
			got, err := Suggested(all)
			if err != nil || got.Grid != want.Grid || got.Op != want.Op {
				t.Errorf("error %v, the suggestion is %s (%s, %v), want %s (%s, %v)", err, got.Name, got.Op, got.Grid, want.Name, want.Op, want.Grid)
			}
		})
	}
}

// Weights that are constants of the graph, as an imported file's may be, make layers as variables do.
func TestLayersOfConstantWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	weights := func(g *Graph, dims ...int) *Node {
		flat := make([]float32, tensors.FromScalarAndDimensions(float32(0), dims...).Size())
		for i := range flat {
			flat[i] = float32(r.NormFloat64())
		}
		return Const(g, tensors.FromFlatDataAndDimensions(flat, dims...))
	}
	m, err := GoMLX(Card{Name: "constants", Input: []int{-1, 8, 8, 3}}, model.NewStore(), func(_ *model.Scope, x *Node) []*Node {
		g := x.Graph()
		for _, channels := range []int{6, 8} {
			x = Add(Convolve(x, weights(g, 3, 3, x.Shape().Dim(-1), channels)).PadSame().Done(), weights(g, 1, 1, 1, channels))
			x = MaxPool(activation.Relu(x)).Window(2).Done()
		}
		return []*Node{Dot(ReduceMean(x, 1, 2), weights(g, 8, 3)).Product()}
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Layers([]int{1, 8, 8, 3}, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"conv Conv", "relu Relu", "pool MaxPool", "conv#2 Conv", "relu#2 Relu", "pool#2 MaxPool", "output Gemm"} {
		if got := all[i].Name + " " + all[i].Op; got != want {
			t.Errorf("layer %d is %q, want %q", i+1, got, want)
		}
	}
	if got, err := Suggested(all); err != nil || got.Name != "pool#2" || !all[0].Bias {
		t.Errorf("error %v, %q is suggested; the first convolution has a bias: %t", err, got.Name, all[0].Bias)
	}
}
