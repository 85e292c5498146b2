package engine

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math"
	"slices"
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
	"github.com/gradcam-go/gradcam/internal/testing/marked"
)

// Mistakes of a newcomer: each is one sentence that names the line of the graph function and what is wrong there, or
// what is wrong in the card.
func TestMistakesInAGraphFunction(t *testing.T) {
	eight := source.Card{Name: "mine", Input: []int{-1, 8, 8, 3},
		Prep:      &imgio.Prep{Width: 8, Height: 8, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"},
		Untrained: true}
	conv := func(scope *model.Scope, x *Node) *Node {
		return layers.Convolution(scope.In("conv"), x).Channels(2).KernelSize(3).PadSame().Done() // at: missing variable; a scope entered twice; an output that is no list of classes
	}
	mean := func(x *Node) []*Node { return []*Node{ReduceMean(x, 1, 2)} } // at: a wrong number of labels
	for name, c := range map[string]mistake{
		"wrong rank": {nil, func(_ *model.Scope, x *Node) []*Node {
			x.AssertRank(2) // at: wrong rank
			return mean(x)
		}, []string{"for the picture [1 8 8 3]", "rank"}},
		"wrong type": {nil, func(scope *model.Scope, x *Node) []*Node {
			x = Add(conv(scope, x), Const(x.Graph(), int32(1))) // at: wrong type
			return mean(x)
		}, []string{"after the weights of /conv/conv", "after a value of the shape [1 8 8 2]", "Int32"}},
		"missing variable": {func(c *source.Card) { c.Untrained = false }, func(scope *model.Scope, x *Node) []*Node {
			return mean(conv(scope, x))
		}, []string{"/conv/conv/weights (Float32)[3, 3, 3, 2]", "no scope at all", "Untrained"}},
		"no axis of pictures": {nil, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{ReduceMean(conv(scope, x), 0, 1, 2)} // at: no axis of pictures
		}, []string{"after the weights of /conv/conv", "[2]", "no axis of pictures"}},
		"two towers with one name": {nil, func(scope *model.Scope, x *Node) []*Node {
			tower := func(scope *model.Scope) *Node { return conv(scope, x).WithAlias("/tower") } // at: two towers with one name
			return mean(Add(tower(scope.In("a")), tower(scope.In("b"))))
		}, []string{"alias already exists", `"/tower"`, "after the weights of /b/conv/conv", "[1 8 8 3]"}},
		"an output that is no list of classes": {nil, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{conv(scope, x)}
		}, []string{"[1 8 8 2]"}},
		"weights that are no numbers": {func(c *source.Card) { c.Untrained = false },
			func(scope *model.Scope, x *Node) []*Node {
				w := scope.VariableWithValue("gain", []float32{1, float32(math.NaN())})
				return mean(Mul(Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 2)),
					Reshape(w.NodeValue(x.Graph()), 1, 1, 1, 2))) // at: weights that are no numbers
			}, []string{"/gain", "NaN"}},
		"weights of another class that are no numbers": {func(c *source.Card) { c.Untrained = false },
			func(scope *model.Scope, x *Node) []*Node {
				w := scope.VariableWithValue("gain", []float32{float32(math.NaN()), 1})
				return mean(Mul(Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 2)),
					Reshape(w.NodeValue(x.Graph()), 1, 1, 1, 2))) // at: weights of another class that are no numbers
			}, []string{"/gain", "NaN"}},
		"a function that panics": {nil, func(_ *model.Scope, x *Node) []*Node {
			sizes := []int{1, 2}
			return mean(MulScalar(x, float64(sizes[x.Rank()]))) // at: a function that panics
		}, []string{"index out of range [4] with length 2", "for the picture [1 8 8 3]"}},
		"a wrong number of labels": {func(c *source.Card) { c.Labels = []string{"cat", "dog", "bird"} },
			func(scope *model.Scope, x *Node) []*Node {
				return mean(conv(scope, x))
			}, []string{"3 labels", "2 classes"}},
		"a class that is none": {nil, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{layers.Dense(scope.In("dense"), ReduceMean(x, 1, 2), true, 1)} // at: a class that is none
		}, []string{"no class 1", "one, whose number is 0"}},
		"a function that returns nothing": {nil, func(*model.Scope, *Node) []*Node { return nil }, // at: a function that returns nothing
			[]string{"returns 0 outputs", `["output"]`}},
		"a node of another graph": {nil, func(_ *model.Scope, x *Node) []*Node { // at: a node of another graph
			return []*Node{Scalar(NewGraph(x.Graph().Backend(), "earlier"), dtypes.Float32, 1)}
		}, []string{`output 0 a node of another graph, "earlier"`}},
		"a parameter of its own": {nil, func(_ *model.Scope, x *Node) []*Node {
			return mean(Mul(x, Parameter(x.Graph(), "mask", shapes.Make(dtypes.Float32, 1, 8, 8, 1)))) // at: a parameter of its own
		}, []string{`makes the parameter "mask"`, "the card's Inputs"}},
		"nil among the outputs": {nil, func(*model.Scope, *Node) []*Node { return []*Node{nil} }, // at: nil among the outputs
			[]string{"returns nil"}},
		"an answer that the picture has no part in": {nil, func(_ *model.Scope, x *Node) []*Node {
			return []*Node{Ones(x.Graph(), shapes.Make(dtypes.Float32, 1, 3))} // at: an answer that the picture has no part in
		}, []string{"does not depend on the picture"}},
		"the best class in place of scores": {nil, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{ArgMax(ReduceMean(conv(scope, x), 1, 2), -1)} // at: the best class in place of scores
		}, []string{"has no gradient"}},
		"a function that makes NaN of numbers": {nil, func(scope *model.Scope, x *Node) []*Node {
			return mean(Log(Neg(Square(conv(scope, x))))) // at: a function that makes NaN of numbers
		}, []string{"conv/log [1 8 8 2]", "NaN"}},
		"an operator without a gradient": {nil, func(scope *model.Scope, x *Node) []*Node {
			sorted := Sort(Reshape(conv(scope, x), x.Shape().Dim(0), 64, 2), 1, true) // at: an operator without a gradient
			return []*Node{ReduceMean(Slice(sorted, AxisRange(), AxisRange(32)), 1)}
		}, []string{"conv/sort", "after the weights of /conv/conv", "[1 64 2]", "no gradient of"}},
		"two operators without a gradient": {nil, func(scope *model.Scope, x *Node) []*Node {
			sorted := Sort(Reshape(conv(scope, x), x.Shape().Dim(0), 64, 2), 1, true)
			again := Sort(layers.Dense(scope.In("dense"), sorted, true, 2), 1, true) // at: two operators without a gradient
			aside := Sort(MulScalar(x, 2).WithAlias("/aside"), 1, true)              // of the picture, and not of the layer
			two := Slice(aside, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 2))
			return []*Node{Add(ReduceMean(again, 1), ReduceMean(two, 1, 2))}
		}, []string{"its layer dense/sort", "after the weights of /dense/dense", "[1 64 2]", "no gradient of"}},
		"a nil in a closure": {nil, func(_ *model.Scope, x *Node) []*Node {
			var gains map[string]*Node
			return mean(Add(x, gains["conv"])) // at: a nil in a closure
		}, []string{"Node is nil", "for the picture [1 8 8 3]"}},
		"a wrong axis": {nil, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{ReduceMean(conv(scope, x), 2, 4)} // at: a wrong axis
		}, []string{"axis 4", "after the weights of /conv/conv", "after a value of the shape [1 8 8 2]"}},
		"a scope entered twice": {nil, func(scope *model.Scope, x *Node) []*Node {
			return mean(Add(conv(scope, x), conv(scope, x)))
		}, []string{"already visited", "after the weights of /conv/conv", "[1 8 8 3]"}},
		"another size": {func(c *source.Card) {
			c.Prep = &imgio.Prep{Width: 16, Height: 16, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}
		}, nil, []string{"16 x 16", "[-1 8 8 3]"}},
		"a part without elements": {nil, func(scope *model.Scope, x *Node) []*Node {
			return mean(Slice(conv(scope, x), AxisRange(), AxisRange(3, 3))) // at: a part without elements
		}, []string{"[1 0 8 2]", "no elements", "after the weights of /conv/conv"}},
		"Prep without a size": {func(c *source.Card) {
			c.Prep = &imgio.Prep{Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}
		}, nil, []string{"its card has a Prep", "the size 0 x 0"}},
		"two of one name": {func(c *source.Card) { c.Outputs = []string{"a", "a"} }, nil, []string{`two outputs "a"`}},
		"three axes":      {func(c *source.Card) { c.Input = []int{8, 8, 3} }, nil, []string{"4 axes"}},
		"rows for channels": {func(c *source.Card) { c.Layout, c.Input = imgio.ChannelsFirst, []int{-1, 3, 8, 8} }, nil,
			[]string{"takes the width of the picture", "write Layout: imgio.ChannelsLast", "after the weights of /conv/conv"}},
		"nothing that prepares pictures": {func(c *source.Card) { c.Prep = nil }, func(scope *model.Scope, x *Node) []*Node { // at: nothing that prepares pictures
			return mean(conv(scope, x))
		}, []string{"its card has no Prep", "imgio.Preset"}},
		"a card of another size": {func(c *source.Card) { c.Input = []int{-1, 8, 8, 3} },
			func(scope *model.Scope, x *Node) []*Node {
				flat := Reshape(conv(scope, x), x.Shape().Dim(0), 32*32*2) // at: a card of another size
				return []*Node{layers.Dense(scope.In("dense"), flat, true, 3)}
			}, []string{"for the picture [1 8 8 3]", "after the weights of /conv/conv"}},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, e *Engine) { c.test(t, name, e, eight, gradcamnb.Class(1)) })
		})
	}
}

// A target that the model does not have is told with the line that makes the output.
func TestMistakesInATarget(t *testing.T) {
	labelled := func(c *source.Card) { c.Labels = []string{"cat", "dog"} }
	card := source.Card{Name: "mine", Input: []int{-1, 8, 8, 3}, Untrained: true,
		Prep: &imgio.Prep{Width: 8, Height: 8, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}}
	for name, c := range map[string]struct {
		mistake
		target gradcamnb.Target
	}{
		"a class that is none":       {mistake{nil, nil, []string{"no class 2", "numbered from 0 to 1"}}, gradcamnb.Class(2)},
		"a label without labels":     {mistake{nil, nil, []string{"nothing names the classes"}}, gradcamnb.Label("bird")},
		"a label that is none":       {mistake{labelled, nil, []string{`no class "bird"`, `"cat"`}}, gradcamnb.Label("bird")},
		"a rank that is none":        {mistake{nil, nil, []string{"ranks go from 1"}}, gradcamnb.Top(3)},
		"a contrast with no class":   {mistake{nil, nil, []string{"no class 7"}}, gradcamnb.Contrast(1, 7)},
		"an attribute that is none":  {mistake{nil, nil, []string{`no head "colour"`}}, gradcamnb.Attribute("colour", "red")},
		"a probability of no class":  {mistake{nil, nil, []string{"no class 5"}}, gradcamnb.Softmax(5)},
		"a number beyond the output": {mistake{nil, nil, []string{"no class 9"}}, gradcamnb.Output("output", 9)},
	} {
		t.Run(name, func(t *testing.T) {
			c.test(t, "a target", testEngine(t, "go"), card, c.target)
		})
	}
}

// mistake is a mistake in a card or in a graph function, and what the error must say. The other of the two is nil.
type mistake struct {
	card func(*source.Card)
	fn   source.GraphFn
	want []string
}

// names tells whether an error names a line, and not one whose number begins with the same digits.
func names(text, line string) bool {
	_, after, ok := strings.Cut(text, line)
	return ok && (after == "" || after[0] < '0' || after[0] > '9')
}

func (c mistake) test(t *testing.T, name string, e *Engine, card source.Card, target gradcamnb.Target) {
	if c.card != nil {
		c.card(&card)
	}
	fn := c.fn
	if fn == nil {
		fn = func(scope *model.Scope, x *Node) []*Node { // at: another size; Prep without a size; two of one name; three axes
			x = layers.Convolution(scope.In("conv"), x).Channels(2).KernelSize(3).PadSame().Done() // at: rows for channels
			return []*Node{ReduceMean(x, 1, 2)}                                                    // at: a target
		}
	}
	m, err := source.GoMLX(card, model.NewStore(), fn)
	if err == nil {
		_, err = gradcamnb.NewModel(e.Session(m)).Explain(image.NewNRGBA(image.Rect(0, 0, 8, 8)), target)
	}
	if err == nil {
		t.Fatal("no error")
	}
	t.Log(err)
	if line := marked.Line(t, "gomlx_mistakes_test.go", name); !names(err.Error(), line) {
		t.Errorf("the error does not name the line %s", line)
	}
	for _, want := range c.want {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if strings.ContainsAny(err.Error(), "\x00\n") || strings.Contains(err.Error(), "func1") ||
		strings.Contains(err.Error(), "convertExecFn") {
		t.Errorf("the error is no sentence: %q", err)
	}
}

// What a graph function panics with is an error that a program can look into: its line, the scope that it had come to,
// and the function's own error.
func TestFunctionErrors(t *testing.T) {
	m, err := source.GoMLX(source.Card{Name: "mine", Input: []int{-1, 8, 8, 3}, Untrained: true}, model.NewStore(),
		func(scope *model.Scope, x *Node) []*Node {
			layers.Convolution(scope.In("conv"), x).Channels(2).KernelSize(3).Done()
			panic(fmt.Errorf("reading the classes: %w", fs.ErrNotExist))
		})
	if err != nil {
		t.Fatal(err)
	}
	_, err = gradcamnb.NewModel(testEngine(t, "go").Session(m)).ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 8, 8, 3},
		Values: make([]float32, 192)})
	var f *gradcamnb.FunctionError
	if !errors.As(err, &f) || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v", err)
	}
	if f.Model != "mine" || f.Scope != "/conv/conv" || !strings.Contains(f.Line, "gomlx_mistakes_test.go:") ||
		!strings.Contains(err.Error(), "reading the classes: file does not exist") {
		t.Errorf("the error %q is %+v", err, *f)
	}
}

// An explanation leaves every variable as it was, also one that the graph function changes.
func TestExplainingChangesNoVariable(t *testing.T) {
	store := model.NewStore()
	m, err := source.GoMLX(source.Card{Name: "counting", Input: []int{-1, 4, 4, 1}}, store,
		func(scope *model.Scope, x *Node) []*Node {
			calls := scope.VariableWithValue("calls", float32(7))
			calls.SetNodeValue(AddScalar(calls.NodeValue(x.Graph()), 1))
			noise := scope.RandomUniform(x.Graph(), x.Shape())
			return []*Node{ReduceMean(Mul(MulScalar(x, 1).WithAlias("/map"), noise), 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: slices.Repeat([]float32{1}, 16)}
	var before float32
	for i := range 3 {
		r, err := gradcamnb.NewModel(testEngine(t, "go").Session(m)).ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Layers("/map"))
		if err != nil {
			t.Fatal(err)
		}
		if s := r[0].Maps[0].Score; i > 0 && s != before {
			t.Errorf("the score is %g, and was %g: the state of the random numbers moved on", s, before)
		}
		before = r[0].Maps[0].Score
	}
	if v := store.GetVariable("/calls"); v.MustValue().Value() != float32(7) {
		t.Errorf("the variable is %v after explanations, and was 7", v.MustValue().Value())
	}
}

// Functions of every float type are explained, with maps in float32: the gain of 2 and the
// mean over 16 cells give every cell of the layer 2 x the gradient 1/16: HiResCAM is 2 x/16.
func TestTypesOfGraphFunctions(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, kind := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16, dtypes.Float32, dtypes.Float64} {
			for _, casts := range []bool{true, false} {
				store := model.NewStore()
				b, err := e.startedBackend()
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

// A mistake in a target of one's own is told as it is, also of a model with an operator that has no gradient.
func TestNoGradientIsNotBlamedForATarget(t *testing.T) {
	m := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "sorted", Input: []int{-1, 2, 2, 1}},
		func(x *Node) []*Node {
			x = MulScalar(x, 2).WithAlias("/map")
			sorted := Sort(Reshape(x, x.Shape().Dim(0), 4), 1, true)
			return []*Node{Slice(sorted, AxisRange(), AxisRange(0, 2))}
		})
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{1, 2, 3, 4}}
	wrong := Target("wrong", "", func(out []*Node) *Node {
		return ReduceSum(Reshape(out[0], out[0].Shape().Dim(0), 7), -1)
	})
	for _, c := range []struct {
		target  gradcamnb.Target
		blaming bool
	}{{wrong, false}, {gradcamnb.Class(0), true}} {
		_, err := m.ExplainTensor(in, c.target, gradcamnb.Layers("/map"))
		if err == nil || strings.Contains(err.Error(), "no gradient of") != c.blaming {
			t.Errorf("%v: the error is %v", c.target, err)
		}
	}
}
