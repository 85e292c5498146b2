package engine

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// relevances are what testdata/lrp/generate.py writes: for each class the relevance of every pixel.
type relevances struct {
	Rules   [][]float32 // Zennit's EpsilonPlus
	Epsilon [][]float32 // captum's LRP
	Scores  []float64   // of the first network
}

func readRelevances(t *testing.T) (want relevances) {
	t.Helper()
	data, err := os.ReadFile(relevanceFile("expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	return want
}

func relevanceFile(name string) string { return filepath.Join("..", "..", "testdata", "lrp", name) }

// sines are numbers as generate.py makes them.
func sines(n, start int, scale float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(math.Sin(float64(start)+0.7*float64(i)) * scale)
	}
	return out
}

// LRP of a file and of the same network as a GoMLX function, channels last, is what Zennit's EpsilonPlus gives, and
// Input x gradient of a network of ReLUs is captum's LRP, whose rule is epsilon in every layer.
func TestRelevanceOfPeers(t *testing.T) {
	want := readRelevances(t)
	onBackends(t, func(t *testing.T, e *Engine) {
		picture := gradcamnb.Tensor{Dims: []int{1, 3, 16, 16}, Values: sines(3*16*16, 0, 1)}
		last := gradcamnb.Tensor{Dims: []int{1, 16, 16, 3}, Values: make([]float32, 3*16*16)}
		for i, v := range picture.Values {
			last.Values[i%256*3+i/256] = v
		}
		file := func(name string) *gradcamnb.Model {
			s, err := e.Open(relevanceFile(name))
			if err != nil {
				t.Fatal(err)
			}
			return gradcamnb.NewModel(s)
		}
		m, err := source.GoMLX(source.Card{Name: "rules", Input: []int{-1, 16, 16, 3}}, model.NewStore(), rulesNetwork)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, method string
			m            *gradcamnb.Model
			in           gradcamnb.Tensor
			want         [][]float32
		}{
			{"a file", "LRP", file("rules.onnx"), picture, want.Rules},
			{"a GoMLX function", "LRP", gradcamnb.NewModel(e.Session(m)), last, want.Rules},
			{"ReLUs alone", "Input x gradient", file("epsilon.onnx"), picture, want.Epsilon},
		} {
			for class, w := range c.want {
				r, err := c.m.ExplainTensor(c.in, gradcamnb.Class(class), gradcamnb.Methods(c.method))
				if err != nil {
					t.Fatal(err)
				}
				got := r[0].Maps[0]
				if off := relative(got.Raw.Values, w); !(off < 1e-5) {
					t.Errorf("%s, class %d: %s is off by %.3g of its largest value", c.name, class, c.method, off)
				} else {
					t.Logf("%s, class %d: off by %.2g", c.name, class, off)
				}
				if c.method == "LRP" && !(math.Abs(float64(got.Score)-want.Scores[class]) <= 1e-5) {
					t.Errorf("%s: the score of class %d is %g, want %g", c.name, class, got.Score, want.Scores[class])
				}
			}
		}
	})
}

// rulesNetwork is the first network of generate.py.
func rulesNetwork(_ *model.Scope, x *Node) []*Node {
	next := 0
	parameter := func(dims ...int) *Node { // in torch's order of axes
		scale, size := 0.5, 1
		for _, d := range dims {
			size *= d
		}
		if len(dims) > 1 {
			scale = 2 / math.Sqrt(float64(size/dims[0]))
		}
		next++
		return Const(x.Graph(), tensors.FromFlatDataAndDimensions(sines(size, next-1, scale), dims...))
	}
	conv := func(x *Node, out, size, groups int, how func(*ConvolutionBuilder) *ConvolutionBuilder) *Node {
		w := TransposeAllAxes(parameter(out, x.Shape().Dim(-1)/groups, size, size), 2, 3, 1, 0)
		y := how(Convolve(x, w)).ChannelGroupCount(groups).Done()
		return Add(y, Reshape(parameter(out), 1, 1, 1, out))
	}
	dense := func(x *Node, out int) *Node {
		w := TransposeAllAxes(parameter(out, x.Shape().Dim(-1)), 1, 0)
		return Add(Dot(x, w).Product(), Reshape(parameter(out), 1, out))
	}
	padded := func(n int) func(*ConvolutionBuilder) *ConvolutionBuilder {
		return func(c *ConvolutionBuilder) *ConvolutionBuilder { return c.PaddingPerDim([][2]int{{n, n}, {n, n}}) }
	}
	strided := func(c *ConvolutionBuilder) *ConvolutionBuilder { return padded(1)(c).Strides(2) }
	dilated := func(c *ConvolutionBuilder) *ConvolutionBuilder { return padded(2)(c).Dilations(2) }
	x = activation.Relu(conv(x, 6, 3, 1, strided))
	y := conv(x, 6, 3, 6, padded(1))
	y = conv(MinScalar(activation.Relu(y), 6), 6, 1, 1, padded(0))
	x = MaxPool(activation.Relu(Add(x, y))).Window(2).Done()
	x = conv(x, 8, 2, 1, padded(0))
	x = activation.Swish(conv(x, 8, 3, 2, dilated))
	return []*Node{dense(activation.Relu(dense(ReduceMean(x, 1, 2), 5)), 3)}
}

// A pixel of 2 and -1 is weighed by (3, -2), with the bias 1: 6 + 2 + 1 = 9, all of it positive. The other sum has the
// bias -1.
//
// Weighed by (1, 4) it is 2 - 4 - 1 = -3, which the ReLU stops. The score, 5 times the first sum, is 45. The two
// colours get 6/9 and 2/9 of it, and the bias the rest: 30 + 10 = 40.
//
// Weighed by (1, -4) it is 2 + 4 - 1 = 5. The score is 9 + 5 = 14. Of 9 the colours get 8/9, and of 5 all, since a bias
// below 0 takes nothing: 13.
func TestRelevanceByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, c := range []struct {
			second, head []float32
			want         float32
		}{
			{[]float32{1, 4}, []float32{5, 7}, 40},
			{[]float32{1, -4}, []float32{1, 1}, 13},
		} {
			m := gomlxModel(t, e, source.Card{Name: "by hand", Input: []int{-1, 1, 1, 2}}, func(x *Node) []*Node {
				w := Const(x.Graph(), [][][][]float32{{{{3, c.second[0]}, {-2, c.second[1]}}}})
				x = activation.Relu(Add(Convolve(x, w).Done(), Const(x.Graph(), [][][][]float32{{{{1, -1}}}})))
				return []*Node{ReduceSum(Mul(x, Const(x.Graph(), [][][][]float32{{{c.head}}})), 1, 2, 3)}
			})
			r, err := m.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 1, 2}, Values: []float32{2, -1}},
				gradcamnb.Class(0), gradcamnb.Methods("LRP"))
			if err != nil {
				t.Fatal(err)
			}
			wantMap(t, "relevance", r[0].Maps[0].Raw.Values, c.want)
		}
	})
}

// A network with a norm or with attention is refused, with the operator that has no rule.
func TestRelevanceIsRefused(t *testing.T) {
	e := testEngine(t, "go")
	for name, c := range map[string]struct {
		fn   func(x *Node) *Node
		want string
	}{
		"softmax":   {func(x *Node) *Node { return Softmax(ReduceMean(x, 1, 2)) }, "operator Exp"},
		"root":      {func(x *Node) *Node { return ReduceMean(Sqrt(x), 1, 2) }, "operator Sqrt"},
		"quotient":  {func(x *Node) *Node { return ReduceMean(Div(x, AddScalar(x, 2)), 1, 2) }, "operator Div of two values"},
		"square":    {func(x *Node) *Node { return ReduceMean(Mul(x, x), 1, 2) }, "operator Mul of two values"},
		"attention": {func(x *Node) *Node { return ReduceMean(Einsum("bhwc,bhwd->bcd", x, x), 1) }, "operator DotGeneral of two values"},
	} {
		m := gomlxModel(t, e, source.Card{Name: name, Input: []int{-1, 2, 2, 3}},
			func(x *Node) []*Node { return []*Node{c.fn(x)} })
		_, err := m.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 2, 2, 3}, Values: sines(12, 1, 1)}, gradcamnb.Class(0),
			gradcamnb.Methods("LRP"))
		if err == nil || !strings.Contains(err.Error(), "LRP has no rule") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// The relevance of a picture times a gate that is made of it ends at the picture, also if a number was added to it
// before, as input invariance does.
func TestRelevanceOfAGatedPicture(t *testing.T) {
	m := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "gated", Input: []int{-1, 2, 2, 1}},
		func(x *Node) []*Node {
			gate := Sigmoid(Convolve(x, Const(x.Graph(), [][][][]float32{{{{3}}}})).Done())
			return []*Node{ReduceSum(Mul(x, gate), 1, 2)}
		})
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{1, 2, -1, 0}}
	r, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods("LRP"),
		gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{"input invariance"}}))
	if err != nil {
		t.Fatal(err)
	}
	got := r[0].Maps[0]
	want := make([]float32, 4) // x times its gate
	for i, x := range in.Values {
		want[i] = float32(float64(x) / (1 + math.Exp(-3*float64(x))))
	}
	wantMap(t, "relevance", got.Raw.Values, want...)
	if moved, ok := got.Metrics["input invariance"]; !ok || math.IsNaN(moved) {
		t.Errorf("the metrics are %v", got.Metrics)
	}
}
