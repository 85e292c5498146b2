package engine

import (
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
)

// A function that takes one picture only, or brings the pictures of a batch together, is given one at a time, also by
// methods of many passes: the maps are those of the function that looks at each picture alone and is the same for one
// picture.
func TestFunctionsOfOnePicture(t *testing.T) {
	flat := func(x *Node, rows int) *Node { return Reshape(x, rows, 16) }
	weigh := func(scope *model.Scope, x *Node) []*Node {
		w := make([][]float32, 16)
		for i := range w {
			w[i] = []float32{float32(i%5) - 1.5}
		}
		x = MatMul(x, scope.VariableWithValue("weights", w).NodeValue(x.Graph()))
		return []*Node{Concatenate([]*Node{x, Neg(x)}, -1)}
	}
	halfMore := func(s *model.Scope, x *Node) []*Node {
		return weigh(s, flat(Tanh(Add(x, MulScalar(x, 0.5))), x.Shape().Dim(0)))
	}
	for name, c := range map[string]struct{ fn, alone source.GraphFn }{
		"a batch of one": {
			func(s *model.Scope, x *Node) []*Node { return weigh(s, Tanh(flat(x, 1))) },
			func(s *model.Scope, x *Node) []*Node { return weigh(s, Tanh(flat(x, x.Shape().Dim(0)))) },
		},
		"a mean of the batch": {
			func(s *model.Scope, x *Node) []*Node {
				return weigh(s, flat(Tanh(Sub(x, ReduceAndKeep(x, ReduceMean, 0, 1, 2))), x.Shape().Dim(0)))
			},
			func(s *model.Scope, x *Node) []*Node {
				return weigh(s, flat(Tanh(Sub(x, ReduceAndKeep(x, ReduceMean, 1, 2))), x.Shape().Dim(0)))
			},
		},
		"the largest of the batch": {
			func(s *model.Scope, x *Node) []*Node {
				return weigh(s, flat(Tanh(Sub(x, ReduceAndKeep(x, ReduceMax, 0, 1, 2))), x.Shape().Dim(0)))
			},
			func(s *model.Scope, x *Node) []*Node {
				return weigh(s, flat(Tanh(Sub(x, ReduceAndKeep(x, ReduceMax, 1, 2))), x.Shape().Dim(0)))
			},
		},
		"the first picture": {
			func(s *model.Scope, x *Node) []*Node {
				first := BroadcastToShape(Slice(x, AxisRange(0, 1)), x.Shape())
				return weigh(s, flat(Tanh(Add(x, MulScalar(first, 0.5))), x.Shape().Dim(0)))
			},
			halfMore,
		},
		"pictures turned round": {
			func(s *model.Scope, x *Node) []*Node {
				return weigh(s, flat(Tanh(Add(x, MulScalar(Reverse(x, 0), 0.5))), x.Shape().Dim(0)))
			},
			halfMore,
		},
		"pictures moved on": {
			func(s *model.Scope, x *Node) []*Node {
				n := x.Shape().Dim(0)
				moved := Concatenate([]*Node{Slice(x, AxisRange(n-1)), Slice(x, AxisRange(0, n))}, 0)
				return weigh(s, flat(Tanh(Add(x, MulScalar(Slice(moved, AxisRange(0, n)), 0.5))), n))
			},
			halfMore,
		},
		"pictures that are looked up": {
			func(s *model.Scope, x *Node) []*Node {
				n := x.Shape().Dim(0)
				backwards := AddScalar(Neg(Iota(x.Graph(), shapes.Make(dtypes.Int32, n, 1), 0)), n-1)
				return weigh(s, flat(Tanh(Add(x, MulScalar(Gather(x, backwards), 0.5))), n))
			},
			halfMore,
		},
		"sums over the pictures so far": {
			func(s *model.Scope, x *Node) []*Node {
				sum := CumSum(x, 0)
				return weigh(s, flat(Tanh(Add(x, MulScalar(sum, 0.5))), x.Shape().Dim(0)))
			},
			halfMore,
		},
		"powers of e below the largest of the batch": {
			func(s *model.Scope, x *Node) []*Node {
				return weigh(s, flat(Exp(Sub(x, ReduceAndKeep(x, ReduceMax, 0, 1, 2))), x.Shape().Dim(0)))
			},
			func(s *model.Scope, x *Node) []*Node {
				return weigh(s, flat(Exp(Sub(x, ReduceAndKeep(x, ReduceMax, 1, 2))), x.Shape().Dim(0)))
			},
		},
		"a product over the batch": {
			func(s *model.Scope, x *Node) []*Node {
				f := flat(x, x.Shape().Dim(0))
				return weigh(s, Mul(f, ExpandAxes(Einsum("bi,bi->i", f, f), 0)))
			},
			func(s *model.Scope, x *Node) []*Node {
				f := flat(x, x.Shape().Dim(0))
				return weigh(s, Mul(f, Mul(f, f)))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := testEngine(t, "go")
			var maps [2][]float32
			for i, fn := range []source.GraphFn{c.fn, c.alone} {
				m, err := source.GoMLX(source.Card{Name: "one", Input: []int{-1, 4, 4, 1}, Untrained: true}, model.NewStore(), fn)
				if err != nil {
					t.Fatal(err)
				}
				picture := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}}
				for k := range 16 {
					picture.Values = append(picture.Values, float32(math.Sin(float64(k))))
				}
				r := gradcamnb.Request{Methods: []string{"RISE", "Occlusion", "Integrated gradients"},
					Targets: []gradcamnb.Target{gradcamnb.Class(0)}}
				r.Sampling.Grid, r.Sampling.Masks, r.Sampling.Seed, r.Sampling.Batch = 2, 16, 3, 4
				net := gradcamnb.NewModel(e.Session(m))
				results, err := net.ExplainTensor(picture, r)
				if err != nil {
					t.Fatal(err)
				}
				for _, one := range results[0].Maps {
					maps[i] = append(maps[i], one.Raw.Values...)
				}
				two := gradcamnb.Tensor{Dims: []int{2, 4, 4, 1}, Values: slices.Concat(picture.Values, picture.Values)}
				if _, err := net.ExplainTensor(two, gradcamnb.Methods("Saliency"), gradcamnb.Class(0)); (err == nil) != (i == 1) {
					t.Errorf("two pictures at once: error %v", err)
				}
			}
			if len(maps[0]) != len(maps[1]) || len(maps[0]) == 0 {
				t.Fatalf("%d values, want %d", len(maps[0]), len(maps[1]))
			}
			for k, v := range maps[0] {
				if !(math.Abs(float64(v-maps[1][k])) <= 1e-5) {
					t.Fatalf("value %d is %g, and %g if each picture is looked at alone", k, v, maps[1][k])
				}
			}
		})
	}
}

// The largest number of a whole batch that a softmax subtracts changes no answer, and nothing is refused.
func TestSoftmaxOfABatch(t *testing.T) {
	m, err := source.GoMLX(source.Card{Name: "softmax", Input: []int{-1, 2, 2, 1}, Untrained: true}, model.NewStore(),
		func(_ *model.Scope, x *Node) []*Node {
			x = Reshape(x, x.Shape().Dim(0), 4)
			x = Sub(x, ReduceAllMax(x))
			return []*Node{Sub(x, Log(ReduceAndKeep(Exp(x), ReduceSum, 1)))}
		})
	if err != nil {
		t.Fatal(err)
	}
	two := gradcamnb.Tensor{Dims: []int{2, 2, 2, 1}, Values: []float32{1, 2, 3, 4, 4, 3, 2, 1}}
	net := gradcamnb.NewModel(testEngine(t, "go").Session(m))
	if _, err := net.ExplainTensor(two, gradcamnb.Methods("Saliency"), gradcamnb.Class(0)); err != nil {
		t.Error(err)
	}
}

// Two views of a picture that follow each other in the batch are no map, and nothing is explained there. FullGrad,
// which needs all layers, says so.
func TestViewsInTheBatch(t *testing.T) {
	for name, rows := range map[string]int{"pictures": 4, "signals": 1} {
		m, err := source.GoMLX(source.Card{Name: name, Input: []int{-1, rows, 4, 1}, Untrained: true}, model.NewStore(),
			func(scope *model.Scope, x *Node) []*Node {
				n := x.Shape().Dim(0)
				x = Concatenate([]*Node{x, Reverse(x, 2)}, 0)
				if rows == 1 {
					x = Squeeze(x, 1)
				}
				y := layers.Convolution(scope.In("conv"), x).Channels(2).KernelSize(3).PadSame().Done()
				y = ReduceMean(Reshape(Tanh(y), 2*n, 4*rows, 2), 1)
				return []*Node{Add(Slice(y, AxisRange(0, n)), Slice(y, AxisRange(n)))}
			})
		if err != nil {
			t.Fatal(err)
		}
		net := gradcamnb.NewModel(testEngine(t, "go").Session(m))
		picture := gradcamnb.Tensor{Dims: []int{1, rows, 4, 1}, Values: make([]float32, 4*rows)}
		for method, want := range map[string]string{
			"Grad-CAM": "no layer of the model", "FullGrad": "the cells of layer conv do not lie",
		} {
			if _, err := net.ExplainTensor(picture, gradcamnb.Methods(method), gradcamnb.Class(0)); err == nil ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s of %s: error %v", method, name, err)
			}
		}
	}
}

// The rows of an input beside the pictures must be kept apart as the pictures are.
func TestRowsBesideThePictures(t *testing.T) {
	for name, c := range map[string]struct {
		apart bool
		fn    func(about *Node) *Node
	}{
		"each row alone": {true, Tanh},
		"the sum of all": {false, func(about *Node) *Node { return ReduceAndKeep(about, ReduceSum, 0) }},
		"each row twice": {true, func(about *Node) *Node { return Mul(about, about) }},
	} {
		m, err := source.GoMLXWithInputs(source.Card{Name: name, Input: []int{-1, 4, 4, 1}, Untrained: true,
			Inputs: []source.Input{{Name: "about", Dims: []int{-1, 2}}}}, model.NewStore(),
			func(_ *model.Scope, x *Node, inputs map[string]*Node) []*Node {
				x = Reshape(x, x.Shape().Dim(0), 8, 2)
				return []*Node{Mul(ReduceMean(x, 1), c.fn(inputs["about"]))}
			})
		if err != nil {
			t.Fatal(err)
		}
		two := gradcamnb.Tensor{Dims: []int{2, 4, 4, 1}, Values: make([]float32, 32)}
		about := gradcamnb.Tensor{Dims: []int{2, 2}, Values: []float32{1, 2, 3, 4}}
		_, err = gradcamnb.NewModel(testEngine(t, "go").Session(m)).ExplainTensor(two, gradcamnb.Methods("Saliency"),
			gradcamnb.Class(0), gradcamnb.Input("about", about))
		if (err == nil) != c.apart {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
