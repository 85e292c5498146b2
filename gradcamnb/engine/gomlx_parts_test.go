package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// A picture of 1 x 2 cells with the channels A = (1, 2), (3, 0); its channels sum to 4 and 2.
// The score is the square of 2 times the first sum less the second, and what goes round the
// layer, the picture's own sum of 6: S = (2*4 - 2)^2 + 6 = 42.
//
// Without channel 0 it is (0 - 2)^2 + 6 = 10, without channel 1 (8 - 0)^2 + 6 = 70, so
// Ablation-CAM weighs w = (42 - 10)/42 = 16/21 and (42 - 70)/42 = -2/3, and the map is
// 16/21*1 - 2/3*2 = -4/7 and 16/21*3 - 0 = 16/7.
//
// The first cell alone is (1, 2)/4 + (3, 0)/8 beside it in Recipro-CAM's mask: the sums are
// 1/4 + 3/8 = 5/8 and 1/2, S = (5/4 - 1/2)^2 + 6 = 6.5625; the second one alone is
// 1/8 + 3/4 = 7/8 and 1/4, S = (7/4 - 1/4)^2 + 6 = 8.25. The least taken off: 0 and 1.6875.
func TestPassesFromALayerOfGoMLXByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, layout := range []imgio.Layout{imgio.ChannelsLast, imgio.ChannelsFirst} {
			card := source.Card{Name: "squared", Layout: layout, Input: []int{-1, 1, 2, 2}}
			in := gradcamnb.Tensor{Dims: []int{1, 1, 2, 2}, Values: []float32{1, 2, 3, 0}}
			axes := []int{1, 2}
			if layout == imgio.ChannelsFirst {
				card.Input = []int{-1, 2, 1, 2}
				in = gradcamnb.Tensor{Dims: []int{1, 2, 1, 2}, Values: []float32{1, 3, 2, 0}}
				axes = []int{2, 3}
			}
			m := gomlxModel(t, e, card, func(x *Node) []*Node {
				sums := ReduceSum(Layer(MulScalar(x, 1), "/map"), axes...) // [batch, 2]
				weighed := Dot(sums, Const(x.Graph(), tensors.FromFlatDataAndDimensions([]float32{2, -1}, 2, 1))).Product()
				return []*Node{Add(Mul(weighed, weighed), ExpandAxes(ReduceSum(x, 1, 2, 3), -1))}
			})
			for method, want := range map[string][]float32{"Ablation-CAM": {-4. / 7, 16. / 7}, "Recipro-CAM": {0, 1.6875}} {
				r, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods(method), gradcamnb.Layers("/map"))
				if err != nil {
					t.Fatal(err)
				}
				wantMap(t, method+" "+string(layout), r[0].Maps[0].Raw.Values, want...)
			}
		}
	})
}

// Ablation-CAM divides by the score. If that is 0, also since the layer is, it is refused; a layer of zeros beside a
// score that is none has the shares 0. The only channel has the whole share of the score -2: its cells 2, -4 are the
// map, though the second one makes the score, and the diagnosis says so.
func TestAblationOfNothing(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, c := range []struct {
			name    string
			picture []float32
			plus    float64
			refused bool
			want    []float32
			says    string
		}{
			{"a score of 0", []float32{1, -1}, 0, true, nil, ""},
			{"a layer of zeros and a score of 0", []float32{0, 0}, 0, true, nil, ""},
			{"a layer of zeros", []float32{0, 0}, 3, false, []float32{0, 0}, "The map is zero everywhere"},
			{"a score below 0", []float32{1, -2}, 0, false, []float32{2, -4}, "The score is below 0 (-2)"},
			{"a score below 0 that the layer raises", []float32{1, 3}, -10, false, []float32{-8, -24}, "The score is below 0 (-2)"},
			{"a layer of zeros and a score below 0", []float32{0, 0}, -3, false, []float32{0, 0}, "The map is zero everywhere"},
		} {
			m := gomlxModel(t, e, source.Card{Name: "nothing", Input: []int{-1, 1, 2, 1}}, func(x *Node) []*Node {
				return []*Node{AddScalar(ReduceSum(Layer(MulScalar(x, 2), "/map"), 1, 2), c.plus)}
			})
			r, err := m.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 2, 1}, Values: c.picture}, gradcamnb.Class(0),
				gradcamnb.Methods("Ablation-CAM"), gradcamnb.Layers("/map"))
			switch {
			case c.refused && (err == nil || !strings.Contains(err.Error(), "the score of this picture is 0")):
				t.Errorf("%s: the error is %v", c.name, err)
			case !c.refused && err != nil:
				t.Errorf("%s: %v", c.name, err)
			case !c.refused:
				wantMap(t, c.name, r[0].Maps[0].Raw.Values, c.want...)
				if got := r[0].Maps[0].Diagnosis; !strings.HasPrefix(got, c.says) ||
					strings.Contains(got, "speaks against") {
					t.Errorf("%s: the diagnosis is %q", c.name, got)
				}
			}
		}
	})
}

// Methods that change the model's rules, need its biases, begin at a layer or take second derivatives work at layers
// that nobody named. A picture of two cells 1, -2 is weighed by 3 and -1 with a bias of 1 and 2: u = (4, -5) and
// v = (1, 4), then ReLU (4, 0), (1, 4). With the cells weighed 1 and 2, U = 4 and V = 9,
// S = U + 2 V - U V/5 = 14.8, dS/dU = 1 - 9/5 = -0.8, dS/dV = 2 - 4/5 = 1.2, so at the ReLU the gradient G is -0.8,
// -1.6 of u and 1.2, 2.4 of v; before it that of u's second cell is 0.
//
// HiResCAM at the ReLU: 4*-0.8 + 1*1.2 = -2 and 0*-1.6 + 4*2.4 = 9.6. At the picture: 3*-0.8 - 1.2 = -3.6 and, as only
// v is on, -2.4. Guided, nothing of u passes: -1.2 and -2.4.
// FullGrad: |dS/dx x| = 3.6, 4.8, scaled 0, 1; the biases' |dS/du 1| = 0.8, 0, scaled 1, 0, and |dS/dv 2| = 2.4, 4.8,
// scaled 0, 1; all together 1, 2.
//
// Ablation-CAM: without u, S = 18, without v, S = 4; the weights are (14.8 - 18)/14.8 = -8/37 and 10.8/14.8 = 27/37. At
// the ReLU the map is (-32 + 27)/37 and 108/37, before it the second cell is (40 + 108)/37 = 4.
// Recipro-CAM: the first cell alone is u (1, 0), v (1/4, 1/2), U = 1, V = 5/4, S = 3.25, the second alone u (1/2, 0),
// v (1/8, 1), U = 1/2, V = 17/8, S = 4.5375. Before the ReLU u's second cell is negative, and counts as little.
// ShapleyCAM: H A of u is -V/5 times the weights of the cells, -1.8, -3.6, and of v -U/5 times them, -0.8, -1.6.
// G - H A/2 is 0.1, 0.2 of u and 1.6, 3.2 of v, the means are 0.15 and 2.4, and the map is 0.15*4 + 2.4 = 3 and 9.6.
// Before the ReLU u's second cell has neither, its mean is 0.05, and the map 0.2 + 2.4 and -0.25 + 9.6.
func TestWalkedLayersByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		store := model.NewStore()
		store.RootScope().In("block").In("conv").VariableWithValue("weights",
			tensors.FromFlatDataAndDimensions([]float32{3, -1}, 1, 1, 1, 2))
		store.RootScope().In("block").In("conv").VariableWithValue("biases", []float32{1, 2})
		m, err := source.GoMLX(source.Card{Name: "block", Input: []int{-1, 1, 2, 1}}, store,
			func(scope *model.Scope, x *Node) []*Node {
				x = activation.Relu(layers.Convolution(scope.In("block"), x).Channels(2).KernelSize(1).Done())
				sums := ReduceSum(Mul(x, Const(x.Graph(), [][][][]float32{{{{1}, {2}}}})), 1, 2) // [batch, 2]
				u, v := SliceAxis(sums, 1, AxisElem(0)), SliceAxis(sums, 1, AxisElem(1))
				return []*Node{Sub(Add(u, MulScalar(v, 2)), DivScalar(Mul(u, v), 5))}
			})
		if err != nil {
			t.Fatal(err)
		}
		in := gradcamnb.Tensor{Dims: []int{1, 1, 2, 1}, Values: []float32{1, -2}}
		s := gradcamnb.NewModel(e.Session(m))
		listed, err := s.Layers()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, l := range listed {
			names = append(names, l.Name)
		}
		if want := []string{"block", "block/relu"}; !slices.Equal(names[:2], want) {
			t.Errorf("the layers are %q, want %q first", names, want)
		}
		for _, c := range []struct {
			layer, method string
			want          []float32
		}{
			{"block/relu", "Saliency", []float32{3.6, 2.4}},
			{"block/relu", "Guided backpropagation", []float32{1.2, 2.4}},
			{"block/relu", "FullGrad", []float32{1, 2}},
			{"block/relu", "HiResCAM", []float32{-2, 9.6}},
			{"block/relu", "Ablation-CAM", []float32{-5. / 37, 108. / 37}},
			{"block", "Ablation-CAM", []float32{-5. / 37, 4}},
			{"block/relu", "Recipro-CAM", []float32{0, 1.2875}},
			{"block", "Recipro-CAM", []float32{0, 1.2875}},
			{"block/relu", "ShapleyCAM", []float32{3, 9.6}},
			{"block", "ShapleyCAM", []float32{2.6, 9.35}},
		} {
			r, err := s.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods(c.method), gradcamnb.Layers(c.layer))
			if err != nil {
				t.Errorf("%s at %s: %v", c.method, c.layer, err)
				continue
			}
			wantMap(t, c.method+" at "+c.layer, r[0].Maps[0].Raw.Values, c.want...)
		}
	})
}

// What cannot be done in a GoMLX model says why, and what to do.
func TestWhatGoMLXModelsCannot(t *testing.T) {
	e := testEngine(t, "go")
	in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: make([]float32, 16)}
	m := gomlxModel(t, e, source.Card{Name: "own", Input: []int{-1, 4, 4, 1}}, func(x *Node) []*Node {
		x = MulScalar(x, 1).WithAlias("/map")
		x = Convolve(x, Ones(x.Graph(), shapes.Make(dtypes.Float32, 3, 3, 1, 2))).Strides(2).PadSame().Done()
		return []*Node{ReduceSum(Mul(x, x), 1, 2)}
	})
	for method, want := range map[string]string{
		"FullGrad": "FullGrad needs the biases of convolutions or batch norms",
		"LeGrad":   "is for vision transformers",
	} {
		_, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods(method), gradcamnb.Layers("/map"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\x00\n") {
			t.Errorf("%s: error %v, want %q", method, err, want)
		}
	}
}

// A backbone that a training leaves as it is, behind StopGradient, is explained with its own gradient: of S = SUM 3 x
// it is 3 at every cell, so HiResCAM is 3 x, and if only the largest x counts, it is 0 at the others. A
// straight-through estimator, however it is written, keeps the gradient that it stands for, also 3, where that of
// floor(x) is 0. A gradient that is reversed for a training is not, since the score still rises with x.
func TestStoppedGradientsByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for name, c := range map[string]struct {
			of           func(x *Node) *Node
			hires, slope []float32
		}{
			"kept still":              {StopGradient, []float32{4.5, -6}, []float32{3, 3}},
			"straight through":        {func(x *Node) *Node { return Add(x, StopGradient(Sub(Floor(x), x))) }, []float32{4.5, -6}, []float32{3, 3}},
			"straight through, minus": {func(x *Node) *Node { return Sub(x, StopGradient(Sub(x, Floor(x)))) }, []float32{4.5, -6}, []float32{3, 3}},
			"straight through a zero": {func(x *Node) *Node { return Add(Sub(x, StopGradient(x)), StopGradient(Floor(x))) }, []float32{4.5, -6}, []float32{3, 3}},
			"the largest, kept still": {func(x *Node) *Node { return StopGradient(ReduceAndKeep(x, ReduceMax, 1, 2)) }, []float32{4.5, 0}, []float32{3, 0}},
			"reversed":                {func(x *Node) *Node { return IdentityWithCustomGradient(x, func(_, v *Node) *Node { return Neg(v) }) }, []float32{4.5, -6}, []float32{3, 3}},
		} {
			m := gomlxModel(t, e, source.Card{Name: name, Input: []int{-1, 1, 2, 1}}, func(x *Node) []*Node {
				x = c.of(Layer(MulScalar(x, 1), "/map"))
				return []*Node{MulScalar(ReduceSum(x, 1, 2), 3)}
			})
			r, err := m.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 2, 1}, Values: []float32{1.5, -2}},
				gradcamnb.Class(0), gradcamnb.Methods("HiResCAM", "Saliency"), gradcamnb.Layers("/map"))
			if err != nil {
				t.Fatal(err)
			}
			wantMap(t, name, r[0].Maps[0].Raw.Values, c.hires...)
			wantMap(t, name, r[0].Maps[1].Raw.Values, c.slope...)
		}
	})
}

// A function that names a layer and is called twice, as the two towers of a siamese network, has two layers: of
// S = SUM 3 a + SUM 5 b, HiResCAM is 3 x at the first one and 5 x at the second.
func TestNamesOfTwoTowersByHand(t *testing.T) {
	e := testEngine(t, "go")
	m := gomlxModel(t, e, source.Card{Name: "towers", Input: []int{-1, 1, 2, 1}}, func(x *Node) []*Node {
		tower := func() *Node { return ReduceSum(Layer(MulScalar(x, 1), "/cut"), 1, 2) }
		return []*Node{Add(MulScalar(tower(), 3), MulScalar(tower(), 5))}
	})
	for layer, want := range map[string][]float32{"/cut": {6, 3}, "/cut#2": {10, 5}} {
		r, err := m.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 2, 1}, Values: []float32{2, 1}}, gradcamnb.Class(0),
			gradcamnb.Methods("HiResCAM"), gradcamnb.Layers(layer))
		if err != nil {
			t.Fatal(err)
		}
		wantMap(t, layer, r[0].Maps[0].Raw.Values, want...)
	}
}
