package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// stored is a function of a store's weights.
type stored struct {
	store *model.Store
	fn    source.GraphFn
}

// explain explains class 0 for a tensor [1, h, w, 1].
func (s stored) explain(t *testing.T, e *Engine, in gradcamnb.Tensor, choices ...gradcamnb.Choice) *heatmap.Map {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: "stored", Input: []int{-1, in.Dims[1], in.Dims[2], 1}}, s.store, s.fn)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gradcamnb.NewModel(e.Session(m)).ExplainTensor(in, append(choices, gradcamnb.Class(0))...)
	if err != nil {
		t.Fatal(err)
	}
	return r[0].Maps[0]
}

// ShapleyCAM at a layer that a convolution with strides reads. The picture 1, 0, -1, 2 is weighed by 2:
// A = 2, 0, -2, 4. The kernel 1, 2, -1 with strides of 2 and a cell of padding in front gives z1 = 4 - 0 = 4 and
// z2 = 0 - 4 - 4 = -8, and S = z1^2 + 3 z2 = -8. The gradient G is 2 z1 (2, -1, 0, 0) + 3 (0, 1, 2, -1), H A is
// 2 z1 (2, -1, 0, 0), and G - H A/2 = 8, -4 + 3, 6, -3 has the mean 2.5. The map is 2.5 A; Grad-CAM's mean would be
// 3.5.
func TestShapleyCAMBeforeStridesByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		store := model.NewStore()
		for scope, kernel := range map[string][]float32{"/body/conv": {2}, "/strided/conv": {1, 2, -1}} {
			store.Scope(scope).VariableWithValue("weights", tensors.FromFlatDataAndDimensions(kernel, 1, len(kernel), 1, 1))
		}
		net := stored{store, func(scope *model.Scope, x *Node) []*Node {
			conv := func(in string, x *Node, width, strides int) *Node {
				return layers.Convolution(scope.In("%s", in), x).Channels(1).KernelSizePerAxis(1, width).
					StridePerAxis(1, strides).PadSame().UseBias(false).Done()
			}
			z := Reshape(conv("strided", conv("body", x, 1, 1), 3, 2), x.Shape().Dim(0), 2)
			return []*Node{Add(Square(SliceAxis(z, 1, AxisElem(0))), MulScalar(SliceAxis(z, 1, AxisElem(1)), 3))}
		}}
		got := net.explain(t, e, gradcamnb.Tensor{Dims: []int{1, 1, 4, 1}, Values: []float32{1, 0, -1, 2}},
			gradcamnb.Methods("ShapleyCAM"), gradcamnb.Layers("body"))
		if got.Score != -8 {
			t.Errorf("the score is %g, want -8", got.Score)
		}
		wantMap(t, "ShapleyCAM", got.Raw.Values, 5, 0, -5, 10)
	})
}

// FullGrad counts what a batch norm adds, beta - mu gamma/sqrt(var + eps), and what a convolution adds. Each term is
// scaled to [0, 1], so that a bias counts if it is not 0, and no more if it is larger.
//
// A picture of two cells 1, -2 is weighed by 3, -1 and -2 with the biases 0, 2 and 0: (3, -6), (1, 4) and (-2, 4). With
// var + eps = 1/4 and gamma = 1/2, batch norm takes off mu = 1, 0, 0 and adds beta = 0, 0, 3: (2, -7), (1, 4), (1, 7).
// After a ReLU the cells are weighed 1 and 2: U = 2, V = 9, W = 15, S = U + 2 V + W - U V/5. dS/dU = 1 - 9/5 = -0.8,
// dS/dV = 2 - 2/5 = 1.6, dS/dW = 1, so before the ReLU, and before the batch norm, u has the gradient -0.8, 0, v 1.6,
// 3.2 and w 1, 2. dS/dx is 3*-0.8 - 1.6 - 2 = -6 and -3.2 - 4 = -7.2, and |dS/dx x| = 6, 14.4, scaled 0, 1.
//
// The convolution's bias of v is 3.2, 6.4, scaled 0, 1; the batch norm's of u 0.8, 0, scaled 1, 0, that of w 3, 6,
// scaled 0, 1. All together 1, 3.
func TestBiasesOfBatchNormsByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, direct := range []bool{false, true} {
			store := model.NewStore()
			conv, batch := store.Scope("/block/conv"), store.Scope("/norm/batch_normalization")
			conv.VariableWithValue("weights", tensors.FromFlatDataAndDimensions([]float32{3, -1, -2}, 1, 1, 1, 3))
			conv.VariableWithValue("biases", []float32{0, 2, 0})
			for name, values := range map[string][]float32{"scale": {0.5, 0.5, 0.5}, "offset": {0, 0, 3}, "mean": {1, 0, 0},
				"variance": {0.249, 0.249, 0.249}, "avg_weight": {1, 1, 1}} {
				batch.VariableWithValue(name, values)
			}
			net := stored{store, func(scope *model.Scope, x *Node) []*Node {
				x = layers.Convolution(scope.In("block"), x).Channels(3).KernelSize(1).Done()
				x = activation.Relu(norm.BatchNorm(scope.In("norm"), x, -1).UseBackendInference(!direct).Done())
				sums := ReduceSum(Mul(x, Const(x.Graph(), [][][][]float32{{{{1}, {2}}}})), 1, 2) // [batch, 3]
				of := func(k int) *Node { return SliceAxis(sums, 1, AxisElem(k)) }
				s := Add(Add(of(0), MulScalar(of(1), 2)), of(2))
				return []*Node{Sub(s, DivScalar(Mul(of(0), of(1)), 5))}
			}}
			got := net.explain(t, e, twoCells, gradcamnb.Methods("FullGrad"))
			wantMap(t, fmt.Sprintf("FullGrad, batch norm written out %t", direct), got.Raw.Values, 1, 3)
		}
	})
}

// stemAndHead is a convolution of one cell and a linear layer. A picture of two cells 1, -2 is weighed by 3 and -1 with
// the biases 1 and 2: u = (4, -5) and v = (1, 4), with the means -1/2 and 5/2. Class 0 is u + 2 v + 1/4 of the means,
// 4.75; HiResCAM at the convolution is (u + 2 v)/2 = 3, 1.5.
func stemAndHead(scope *model.Scope, x *Node) []*Node {
	x = layers.Convolution(scope.In("stem"), x).Channels(2).KernelSize(1).Done()
	return []*Node{layers.Dense(scope.In("head"), ReduceMean(x, 1, 2), true, 2)}
}

func stemAndHeadStore() *model.Store {
	store := model.NewStore()
	stem, head := store.Scope("/stem/conv"), store.Scope("/head/dense")
	stem.VariableWithValue("weights", tensors.FromFlatDataAndDimensions([]float32{3, -1}, 1, 1, 1, 2))
	stem.VariableWithValue("biases", []float32{1, 2})
	head.VariableWithValue("weights", tensors.FromFlatDataAndDimensions([]float32{1, 0, 2, -1}, 2, 2))
	head.VariableWithValue("biases", []float32{0.25, 0})
	return store
}

// twoCells is the picture 1, -2.
var twoCells = gradcamnb.Tensor{Dims: []int{1, 1, 2, 1}, Values: []float32{1, -2}}

// A checkpoint gives the map of the weights that it was saved with, whether it is loaded at once or lazily, weight by
// weight while the function asks for them, and lazily a second time from the same store.
func TestMapsOfCheckpointsByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		dir := t.TempDir()
		saved, err := checkpoint.Build(stemAndHeadStore()).Dir(dir).Done()
		if err != nil {
			t.Fatal(err)
		}
		if err := saved.Save(); err != nil {
			t.Fatal(err)
		}
		lazy, whole := model.NewStore(), model.NewStore()
		if _, err := checkpoint.Load(lazy).Dir(dir).Done(); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Load(whole).Dir(dir).Immediate().Done(); err != nil {
			t.Fatal(err)
		}
		if lazy.NumVariables() != 0 || whole.NumVariables() < 4 { // a state of random numbers, too
			t.Errorf("%d weights are there when loaded lazily and %d at once", lazy.NumVariables(), whole.NumVariables())
		}
		for _, store := range []*model.Store{lazy, whole, lazy} {
			got := stored{store, stemAndHead}.explain(t, e, twoCells, gradcamnb.Methods("HiResCAM"))
			if got.Score != 4.75 || !slices.Equal(got.Raw.Values, []float32{3, 1.5}) {
				t.Errorf("the score is %g and the map %v, want 4.75 and 3, 1.5", got.Score, got.Raw.Values)
			}
		}
	})
}

// A model is listed on the backend that explains it, since that may have operators that others lack: the graph function
// is never called in a graph of another one.
func TestListingIsOnTheBackendThatExplains(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		b, err := e.startedBackend()
		if err != nil {
			t.Fatal(err)
		}
		var seen []compute.Backend
		m, err := source.GoMLX(source.Card{Name: "seen", Input: []int{-1, 1, 2, 1}}, stemAndHeadStore(),
			func(scope *model.Scope, x *Node) []*Node {
				seen = append(seen, x.Graph().Backend())
				return stemAndHead(scope, x)
			})
		if err != nil {
			t.Fatal(err)
		}
		explained := gradcamnb.NewModel(e.Session(m))
		if _, err := explained.Layers(); err != nil {
			t.Fatal(err)
		}
		listings := len(seen)
		if _, err := explained.ExplainTensor(twoCells, gradcamnb.Class(0)); err != nil {
			t.Fatal(err)
		}
		if listings == 0 || len(seen) == listings {
			t.Fatalf("%d graphs to list the layers, %d in all", listings, len(seen))
		}
		for i, on := range seen {
			if on != b.Backend {
				t.Errorf("graph %d is built on %s, another backend than %s", i, on.Name(), e.name)
			}
		}
	})
}

// A name that the function gives to a layer with weights is the layer's name, in place of its scope's. The layers
// behind it keep their own names.
func TestGivenNamesWin(t *testing.T) {
	e := testEngine(t, "go")
	for _, name := range []func(x *Node) *Node{
		func(x *Node) *Node { return x.WithAlias("/features") },
		func(x *Node) *Node { return Layer(x, "/features") },
	} {
		named := func(scope *model.Scope, x *Node) []*Node {
			x = name(layers.Convolution(scope.In("stem"), x).Channels(2).KernelSize(1).Done())
			return []*Node{layers.Dense(scope.In("head"), ReduceMean(Tanh(x), 1, 2), true, 2)}
		}
		m, err := source.GoMLX(source.Card{Name: "named", Input: []int{-1, 1, 2, 1}}, stemAndHeadStore(), named)
		if err != nil {
			t.Fatal(err)
		}
		listed, err := gradcamnb.NewModel(e.Session(m)).Layers()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, l := range listed {
			names = append(names, l.Name)
		}
		if want := []string{"/features", "stem/tanh", "output"}; !slices.Equal(names, want) || listed[0].Op != "Conv" {
			t.Errorf("the layers are %q, the first a %s, want %q", names, listed[0].Op, want)
		}
		for _, layer := range []string{"/features", "features"} {
			got := stored{stemAndHeadStore(), named}.explain(t, e, twoCells, gradcamnb.Layers(layer))
			if got.Layer != "/features" {
				t.Errorf("%q leads to %q", layer, got.Layer)
			}
		}
	}
}
