package source

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/completed"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// A head on a file's network gets the layer suggested that the file's own network gets, without a name for it. The
// backend's form does not matter: convolutions of 1 x 1 may be products of rows, poolings and depthwise convolutions
// sums of slices.
func TestSuggestionThroughAFilesNetwork(t *testing.T) {
	for _, backend := range []string{"go", "xla:cpu"} {
		t.Run(backend, func(t *testing.T) {
			if kind, _, _ := strings.Cut(backend, ":"); !slices.Contains(compute.List(), kind) {
				require.Missing(t, kind, "this program is built without it")
			}
			on, err := compute.NewWithConfig(backend)
			if err != nil {
				require.Missing(t, "xla", err.Error())
			}
			suggestedThrough(t, func() (compute.Backend, error) { return completed.Backend(on), nil })
		})
	}
}

func suggestedThrough(t *testing.T, on func() (compute.Backend, error)) {
	for name, side := range map[string]int{
		"efficientnet-lite0.onnx": 224, "resnet-basic.dyn.onnx": 64, "mobilenet_v3.dyn.onnx": 64, "convnext.dyn.onnx": 64,
		"densenet.dyn.onnx": 64, "inception.dyn.onnx": 64, "squeezenet.dyn.onnx": 64, "vgg.dyn.onnx": 64, "unet.dyn.onnx": 64,
		"vit.dyn.onnx": 64,
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
			all, err := file.Layers(t.Context(), input, "")
			if err != nil {
				t.Fatal(err)
			}
			want, err := SuggestedLayer(all)
			if err != nil {
				t.Fatal(err)
			}
			m, err := GoMLX(Card{Name: "head", Input: input, Layout: imgio.ChannelsFirst, Untrained: true}, model.NewStore(),
				func(scope *model.Scope, x *Node) []*Node {
					cut := file.Build(scope.In("backbone"), x, []string{want.Name}, nil).Cuts[0]
					return []*Node{layers.Dense(scope.In("head"), ReduceMean(cut.Grid(cut.Node), 1, 2), true, 4)}
				})
			if err != nil {
				t.Fatal(err)
			}
			ListOn(m, on)
			all, err = m.Layers(t.Context(), input, "")
			if err != nil {
				t.Fatal(err)
			}
			got, err := SuggestedLayer(all)
			if err != nil || got.Grid != want.Grid || got.Op != want.Op {
				t.Errorf("error %v, the suggestion is %s (%s, %v), want %s (%s, %v)", err, got.Name, got.Op, got.Grid, want.Name,
					want.Op, want.Grid)
			}
		})
	}
}

// Weights that are constants of the graph, as an imported file may have them, make layers as variables do.
func TestLayersOfConstantWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	weights := func(g *Graph, dims ...int) *Node {
		flat := make([]float32, tensors.FromScalarAndDimensions(float32(0), dims...).Size())
		for i := range flat {
			flat[i] = float32(r.NormFloat64())
		}
		return Const(g, tensors.FromFlatDataAndDimensions(flat, dims...))
	}
	m, err := GoMLX(Card{Name: "constants", Input: []int{-1, 8, 8, 3}}, model.NewStore(),
		func(_ *model.Scope, x *Node) []*Node {
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
	all, err := m.Layers(t.Context(), []int{1, 8, 8, 3}, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"conv Conv", "relu Relu", "pool MaxPool", "conv#2 Conv", "relu#2 Relu", "pool#2 MaxPool",
		"output Gemm"} {
		if got := all[i].Name + " " + all[i].Op; got != want {
			t.Errorf("layer %d is %q, want %q", i+1, got, want)
		}
	}
	if got, err := SuggestedLayer(all); err != nil || got.Name != "pool#2" || !all[0].Bias {
		t.Errorf("error %v, %q is suggested; the first convolution has a bias: %t", err, got.Name, all[0].Bias)
	}
}

// The number added to a layer may be made from one node in 2^64 ways. Every node is looked at only once.
func TestLayersWithDoubledNumbers(t *testing.T) {
	m, err := GoMLX(Card{Name: "doubled", Input: []int{-1, 8, 8, 3}}, model.NewStore(),
		func(_ *model.Scope, x *Node) []*Node {
			g := x.Graph()
			x = Convolve(x, Const(g, tensors.FromFlatDataAndDimensions(make([]float32, 27*4), 3, 3, 3, 4))).PadSame().Done()
			numbers := Iota(g, x.Shape(), 1)
			for range 64 {
				numbers = Add(numbers, numbers)
			}
			return []*Node{ReduceMean(activation.Relu(Add(x, numbers)), 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Layers(t.Context(), []int{1, 8, 8, 3}, "")
	if err != nil || all[0].Op != "Conv" {
		t.Errorf("error %v, layers %+v", err, all)
	}
}

// A function before a norm is a layer, with its own name: the norm that follows it, however it is written, is another.
func TestFunctionsBeforeNorms(t *testing.T) {
	for name, c := range map[string]struct {
		fn   func(scope *model.Scope, x *Node) *Node
		want []string
	}{
		"layer norm": {func(s *model.Scope, x *Node) *Node { return norm.LayerNorm(s, activation.Relu(x), 1, 2).Done() },
			[]string{"a Conv", "a/relu Relu", "b LayerNormalization"}},
		"RMS norm": {func(s *model.Scope, x *Node) *Node { return norm.RMSNorm(s, activation.Swish(x)).Done() },
			[]string{"a Conv", "a/swish Swish", "b LayerNormalization"}},
		"none": {func(_ *model.Scope, x *Node) *Node { return activation.Relu(x) }, []string{"a Conv", "a/relu Relu"}},
	} {
		m, err := GoMLX(Card{Name: name, Input: []int{-1, 8, 8, 3}, Untrained: true}, model.NewStore(),
			func(scope *model.Scope, x *Node) []*Node {
				x = layers.Convolution(scope.In("a"), x).Channels(4).KernelSize(3).PadSame().Done()
				return []*Node{ReduceMean(c.fn(scope.In("b"), x), 1, 2)}
			})
		if err != nil {
			t.Fatal(err)
		}
		all, err := m.Layers(t.Context(), []int{1, 8, 8, 3}, "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range all[:len(all)-1] {
			got = append(got, l.Name+" "+l.Op)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: the layers are %q, want %q", name, got, c.want)
		}
	}
}
