package engine

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// trunk is a file of [batch, 1, 4, 4]: a convolution of 1 x 1 that makes 2 x and -x, a ReLU, and the largest of 2 x 2.
func trunk(t *testing.T) []byte {
	t.Helper()
	twos := func(name string, values ...int64) *protos.AttributeProto {
		return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INTS, Ints: values}
	}
	data, err := proto.Marshal(&protos.ModelProto{
		IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{
			Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("image", []int{1, 1, 4, 4})},
			Output: []*protos.ValueInfoProto{onnxnorm.Declare("features", []int{1, 2, 2, 2})},
			Node: []*protos.NodeProto{
				{OpType: "Conv", Name: "conv", Input: []string{"image", "stem.weight"}, Output: []string{"conv"}},
				{OpType: "Relu", Name: "relu", Input: []string{"conv"}, Output: []string{"relu"}},
				{OpType: "MaxPool", Name: "pool", Input: []string{"relu"}, Output: []string{"features"},
					Attribute: []*protos.AttributeProto{twos("kernel_shape", 2, 2), twos("strides", 2, 2)}},
			},
			Initializer: []*protos.TensorProto{{Name: "stem.weight", DataType: int32(protos.TensorProto_FLOAT),
				Dims: []int64{2, 1, 1, 1}, FloatData: []float32{2, -1}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A head in GoMLX on a network that onnx-gomlx imports, which is in the order NCHW, whether the picture comes so or
// with the channels last. Layers within the file's network and in the head are explained. By hand, with m the largest
// pixel of each 2 x 2: the head's convolution makes 3 (2 m), its ReLU keeps that, and the score is 5 times the mean of
// the four. So HiResCAM of the head's cells is 6 m * 5/4, and that of the file's ReLU is 2 m * 15/4 at the pixel that
// is m.
func TestHeadOnAnImportedNetwork(t *testing.T) {
	pixels := []float32{1, 2, 3, 4, 5, 6, 7, 8, 16, 15, 14, 13, 12, 11, 10, 9}
	largest := []float64{6, 8, 16, 14}
	within := make([]float64, 16)
	for i, at := range []int{5, 7, 8, 10} {
		within[at] = 2 * largest[i] * 15 / 4
	}
	head, score := make([]float64, 4), 0.0
	for i, m := range largest {
		head[i] = 6 * m * 5 / 4
		score += head[i]
	}
	file, err := parser.Parse(trunk(t))
	if err != nil {
		t.Fatal(err)
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, layout := range []imgio.Layout{imgio.ChannelsFirst, imgio.ChannelsLast} {
			store := model.NewStore()
			if err := file.VariablesToScope(store.RootScope().At("backbone")); err != nil {
				t.Fatal(err)
			}
			store.RootScope().At("head").VariableWithValue("kernel", [][][][]float32{{{{3}, {0}}}})
			card := source.Card{Name: "head", Input: []int{-1, 1, 4, 4}, Layout: layout}
			if layout == imgio.ChannelsLast {
				card.Input = []int{-1, 4, 4, 1}
			}
			m, err := source.GoMLX(card, store, func(scope *model.Scope, x *Node) []*Node {
				if layout == imgio.ChannelsLast {
					x = TransposeAllAxes(x, 0, 3, 1, 2)
				}
				x = file.CallGraph(scope.In("backbone"), x.Graph(), map[string]*Node{"image": x})[0]
				x = TransposeAllAxes(x, 0, 2, 3, 1)
				k := scope.In("head").VariableWithValue("kernel", [][][][]float32{{{{3}, {0}}}})
				x = activation.Relu(Convolve(x, k.NodeValue(x.Graph())).Done())
				return []*Node{MulScalar(ReduceMean(x, 1, 2), 5)}
			})
			if err != nil {
				t.Fatal(err)
			}
			explained := gradcamnb.NewModel(e.Session(m))
			all, err := explained.Layers()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, l := range all {
				names = append(names, l.Name)
			}
			trunk := "backbone/ONNX/stem"
			want := []string{trunk, trunk + "/relu", trunk + "/pool", "head", "head/relu", "output"}
			if !slices.Equal(names, want) {
				t.Errorf("the layers are %q, want %q", names, want)
			}
			for layer, want := range map[string][]float64{trunk + "/relu": within, "head/relu": head, "": head} {
				choices := []gradcamnb.Choice{gradcamnb.Class(0), gradcamnb.Methods("HiResCAM")}
				if layer != "" {
					choices = append(choices, gradcamnb.Layers(layer))
				}
				r, err := explained.ExplainTensor(gradcamnb.Tensor{Dims: slices.Concat([]int{1}, card.Input[1:]), Values: pixels},
					choices...)
				if err != nil {
					t.Errorf("%s, %q: %v", layout, layer, err)
					continue
				}
				got := r[0].Maps[0]
				if len(got.Raw.Values) != len(want) {
					t.Errorf("%s, %q: the map has %s cells, want %d", layout, layer, got.Raw.Size(), len(want))
					continue
				}
				wantShare(t, string(layout)+" "+layer, got.Raw.Values, want, 1e-6)
				wantShare(t, "the score", []float32{got.Score}, []float64{score}, 1e-6)
			}
		}
	})
}

// A file's network within a function is trained, too, if its weights are made trainable, and is explained with what it
// has learnt. By hand: the score is the weight 2 times the mean 11 of the largest pixels of 2 x 2, so its gradient of
// that weight is 11, and 0 of the weight -1, whose channel a ReLU stops. A step of 0.1 leaves 2 - 1.1 = 0.9 of it, and
// the score 0.9 * 11.
func TestFineTuningAFilesNetwork(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trunk.onnx")
	if err := os.WriteFile(path, trunk(t), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := source.ONNX(path)
	if err != nil {
		t.Fatal(err)
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		store := model.NewStore()
		net := func(scope *model.Scope, x *Node) []*Node {
			backbone := scope.In("backbone")
			cut := file.Build(backbone, x, []string{"features"}, nil).Cuts[0]
			for v := range backbone.IterVariables() {
				v.SetTrainable(true)
			}
			return []*Node{ReduceSum(ReduceMean(cut.Grid(cut.Node), 1, 2), -1)}
		}
		pixels := []float32{1, 2, 3, 4, 5, 6, 7, 8, 16, 15, 14, 13, 12, 11, 10, 9}
		b, err := e.startedBackend()
		if err != nil {
			t.Fatal(err)
		}
		model.MustNewExec(b.Backend, store, func(scope *model.Scope, x *Node) *Node {
			store.SetTraining(x.Graph(), true)
			loss := ReduceAllSum(net(scope, x)[0])
			slopes := scope.BuildTrainableVariablesGradientsGraph(loss)
			for v := range store.IterVariables() {
				v.SetNodeValue(Sub(v.NodeValue(x.Graph()), MulScalar(slopes[0], 0.1)))
			}
			return loss
		}).MustCall(tensors.FromFlatDataAndDimensions(pixels, 1, 1, 4, 4))
		m, err := source.GoMLX(source.Card{Name: "tuned", Input: []int{-1, 1, 4, 4}, Layout: imgio.ChannelsFirst}, store, net)
		if err != nil {
			t.Fatal(err)
		}
		r, err := gradcamnb.NewModel(e.Session(m)).ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 4, 4}, Values: pixels},
			gradcamnb.Class(0))
		if err != nil {
			t.Fatal(err)
		}
		if got := r[0].Maps[0].Score; !(math.Abs(float64(got)-9.9) <= 1e-5) {
			t.Errorf("after a step the score is %g, want 9.9", got)
		}
	})
}
