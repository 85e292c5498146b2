package engine

import (
	"image"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Ten mistakes of a newcomer: each is one sentence that names the line of the graph function
// and what is wrong there.
func TestMistakesInAGraphFunction(t *testing.T) {
	eight := source.Card{Name: "mine", Input: []int{-1, 8, 8, 3},
		Prep:      &imgio.Prep{Width: 8, Height: 8, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"},
		Untrained: true}
	conv := func(scope *model.Scope, x *Node) *Node {
		return layers.Convolution(scope.In("conv"), x).Channels(2).KernelSize(3).PadSame().Done()
	}
	mean := func(x *Node) []*Node { return []*Node{ReduceMean(x, 1, 2)} }
	for name, c := range map[string]struct {
		card func(*source.Card)
		fn   source.GraphFn
		want []string
	}{
		"wrong rank": {nil, func(_ *model.Scope, x *Node) []*Node {
			x.AssertRank(2) // here
			return mean(x)
		}, []string{"mistakes_test.go:", "for the picture [1 8 8 3]", "rank"}},
		"wrong type": {nil, func(scope *model.Scope, x *Node) []*Node {
			x = Add(conv(scope, x), Const(x.Graph(), int32(1)))
			return mean(x)
		}, []string{"mistakes_test.go:", "after the weights of /conv/conv", "Int32"}},
		"missing variable": {func(c *source.Card) { c.Untrained = false }, func(scope *model.Scope, x *Node) []*Node {
			return mean(conv(scope, x))
		}, []string{"/conv/conv/weights", "mistakes_test.go:", "no scope at all", "Untrained"}},
		"no axis of pictures": {nil, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{ReduceMean(conv(scope, x), 0, 1, 2)}
		}, []string{"mistakes_test.go:", "[2]", "no axis of pictures"}},
		"two towers with one name": {nil, func(scope *model.Scope, x *Node) []*Node {
			tower := func(scope *model.Scope) *Node { return conv(scope, x).WithAlias("/tower") }
			return mean(Add(tower(scope.In("a")), tower(scope.In("b"))))
		}, []string{"mistakes_test.go:", "alias already exists", `"/tower"`}},
		"an output that is no list of classes": {nil, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{conv(scope, x)}
		}, []string{"mistakes_test.go:", "[1 8 8 2]"}},
		"weights that are no numbers": {func(c *source.Card) { c.Untrained = false },
			func(scope *model.Scope, x *Node) []*Node {
				w := scope.VariableWithValue("gain", []float32{1, float32(math.NaN())})
				return mean(Mul(Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 2)),
					Reshape(w.NodeValue(x.Graph()), 1, 1, 1, 2)))
			}, []string{"/gain", "mistakes_test.go:", "NaN"}},
		"a function that panics": {nil, func(_ *model.Scope, x *Node) []*Node {
			sizes := []int{1, 2}
			return mean(MulScalar(x, float64(sizes[x.Rank()])))
		}, []string{"mistakes_test.go:", "index out of range [4] with length 2"}},
		"a wrong number of labels": {func(c *source.Card) { c.Labels = []string{"cat", "dog", "bird"} },
			func(scope *model.Scope, x *Node) []*Node {
				return mean(conv(scope, x))
			}, []string{"mistakes_test.go:", "3 labels", "2 classes"}},
		"a card of another size": {func(c *source.Card) { c.Input = []int{-1, 8, 8, 3} },
			func(scope *model.Scope, x *Node) []*Node {
				flat := Reshape(conv(scope, x), x.Shape().Dim(0), 32*32*2)
				return []*Node{layers.Dense(scope.In("dense"), flat, true, 3)}
			}, []string{"mistakes_test.go:", "for the picture [1 8 8 3]", "after the weights of /conv/conv"}},
	} {
		t.Run(name, func(t *testing.T) {
			card := eight
			if c.card != nil {
				c.card(&card)
			}
			m, err := source.GoMLX(card, model.NewStore(), c.fn)
			if err != nil {
				t.Fatal(err)
			}
			_, err = gradcamnb.NewModel(testEngine(t, "go").Session(m)).Explain(image.NewNRGBA(image.Rect(0, 0, 8, 8)),
				gradcamnb.Class(1))
			if err == nil {
				t.Fatal("no error")
			}
			t.Log(err)
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
			if strings.ContainsAny(err.Error(), "\x00\n") || strings.Contains(err.Error(), "func1") ||
				strings.Contains(err.Error(), "convertExecFn") {
				t.Errorf("the error is no sentence: %q", err)
			}
		})
	}
}

// Functions of every float type are explained, with maps in float32: the gain of 2 and the
// mean over 16 cells give every cell of the layer 2 x the gradient 1/16: HiResCAM is 2 x/16.
func TestTypesOfGraphFunctions(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, kind := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16, dtypes.Float32, dtypes.Float64} {
			for _, casts := range []bool{true, false} {
				store := model.NewStore()
				b, err := e.started()
				if err != nil {
					t.Fatal(err)
				}
				net := func(scope *model.Scope, x *Node) []*Node {
					if casts {
						x = ConvertDType(x, kind)
					}
					gain := scope.In("gain").VariableWithShape("w", shapes.Make(kind, 1)).NodeValue(x.Graph())
					return []*Node{ReduceMean(Mul(x, Reshape(gain, 1, 1, 1, 1)), 1, 2)}
				}
				model.MustNewExec(b.Backend, store, func(scope *model.Scope, g *Graph) *Node { // the weight is trained to 2
					v := scope.In("gain").VariableWithShape("w", shapes.Make(kind, 1))
					v.SetNodeValue(ConvertDType(Const(g, []float32{2}), kind))
					return v.NodeValue(g)
				}).MustCall()
				m, err := source.GoMLX(source.Card{Name: "typed", Input: []int{-1, 4, 4, 1}}, store, net)
				if err != nil {
					t.Fatal(err)
				}
				in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: make([]float32, 16)}
				in.Values[3] = 4
				r, err := gradcamnb.NewModel(e.Session(m)).ExplainTensor(in, gradcamnb.Class(0),
					gradcamnb.Methods("HiResCAM", "RISE"), gradcamnb.Layers("gain"),
					gradcamnb.Sampled(gradcamnb.Sampling{Masks: 8, Batch: 4, Grid: 2}))
				if err != nil {
					t.Errorf("%v, the function casts: %v: %v", kind, casts, err)
					continue
				}
				if got := r[0].Maps[0]; got.Raw.Values[3] != 0.5 || got.Score != 0.5 || got.Raw.Values[0] != 0 {
					t.Errorf("%v: the map is %v, score %g; want 2*4/16 in cell 3 and the score 0.5", kind, got.Raw.Values, got.Score)
				}
			}
		}
	})
}
