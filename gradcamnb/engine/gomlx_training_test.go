package engine

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/testing/marked"
)

// normStore returns a store with the weights of two batch norms of one channel. With GoMLX's epsilon of 0.001 the first
// is (x - 3) 2 / sqrt(4) + 1 = x - 2, and the second (x - 1) 3 / sqrt(1).
func normStore() *model.Store {
	store := model.NewStore()
	for path, v := range map[string]float32{
		"/first/batch_normalization/scale": 2, "/first/batch_normalization/offset": 1,
		"/first/batch_normalization/mean": 3, "/first/batch_normalization/variance": 4 - 1e-3,
		"/first/batch_normalization/avg_weight": 7,
		"/second/batch_normalization/scale":     3, "/second/batch_normalization/offset": 0,
		"/second/batch_normalization/mean": 1, "/second/batch_normalization/variance": 1 - 1e-3,
		"/second/batch_normalization/avg_weight": 7,
	} {
		store.VariableWithValue(path, []float32{v})
	}
	return store
}

// norms are the two batch norms, in both of the forms that GoMLX has.
func norms(scope *model.Scope, x *Node) *Node {
	x = norm.BatchNorm(scope.In("first"), x, -1).Done()
	return norm.BatchNorm(scope.In("second"), x, -1).UseBackendInference(false).Done()
}

func half(x *Node) *Node { return Scalar(x.Graph(), x.DType(), 0.5) }

// A function that switches training on is explained as in inference: its batch norms take their moving averages, and
// its dropouts drop nothing, whatever their form. By hand: of the picture 1, 2, 3, 4 the score is the mean of
// 3 (x - 2 - 1), which is -1.5, and x times its gradient 3/4 x.
func TestTrainingByHand(t *testing.T) {
	for name, drop := range map[string]func(scope *model.Scope, x *Node) *Node{
		"nothing": func(_ *model.Scope, x *Node) *Node { return x },
		"dropout": func(scope *model.Scope, x *Node) *Node { return layers.DropoutStatic(scope, x, 0.3) },
		"dropout that is not normalised": func(scope *model.Scope, x *Node) *Node {
			return layers.DropoutNormalize(scope, x, half(x), false)
		},
		"path": func(scope *model.Scope, x *Node) *Node { return layers.DropPath(scope, x, half(x)) },
		"path between other numbers": func(scope *model.Scope, x *Node) *Node {
			return DivScalar(layers.DropPath(scope, MulScalar(x, 0.1), half(x)), 0.1)
		},
		"all pictures at once, before another number": func(scope *model.Scope, x *Node) *Node {
			kept := LessThan(scope.RandomUniform(x.Graph(), shapes.Make(x.DType())), Scalar(x.Graph(), x.DType(), 0.8))
			return Add(x, MulScalar(Mul(Sub(x, x), ConvertDType(kept, x.DType())), 3))
		},
		"blocks before another number": func(scope *model.Scope, x *Node) *Node {
			x = layers.DropBlock(scope, MulScalar(x, 4)).WithDropoutProbability(0.5).WithBlockSize(2).Done()
			return DivScalar(x, 4)
		},
		"blocks": func(scope *model.Scope, x *Node) *Node {
			return layers.DropBlock(scope, x).WithDropoutProbability(0.5).WithBlockSize(2).Done()
		},
		"a mask by hand": func(scope *model.Scope, x *Node) *Node {
			kept := GreaterThan(scope.RandomUniform(x.Graph(), x.Shape()), Scalar(x.Graph(), x.DType(), 0.2))
			return Mul(x, DivScalar(ConvertDType(kept, x.DType()), 0.8))
		},
		"a reshaped mask, scaled behind": func(scope *model.Scope, x *Node) *Node {
			kept := LessThan(scope.RandomUniform(x.Graph(), x.Shape()), Scalar(x.Graph(), x.DType(), 0.8))
			x = Reshape(Mul(x, ConvertDType(kept, x.DType())), -1, 4)
			return Reshape(DivScalar(x, 0.8), -1, 2, 2, 1)
		},
		"scaled before": func(scope *model.Scope, x *Node) *Node {
			kept := LessThan(scope.RandomUniform(x.Graph(), x.Shape()), Scalar(x.Graph(), x.DType(), 0.8))
			return Where(kept, DivScalar(x, 0.8), ZerosLike(x))
		},
		"a selected scale": func(scope *model.Scope, x *Node) *Node {
			kept := LessThan(scope.RandomUniform(x.Graph(), x.Shape()), Scalar(x.Graph(), x.DType(), 0.8))
			return Mul(x, Where(kept, Scalar(x.Graph(), x.DType(), 1/0.8), ScalarZero(x.Graph(), x.DType())))
		},
		"half precision": func(scope *model.Scope, x *Node) *Node {
			x = ConvertDType(x, dtypes.Float16)
			kept := LessThan(scope.RandomUniform(x.Graph(), shapes.Make(dtypes.Float32, x.Shape().Dimensions...)),
				Scalar(x.Graph(), dtypes.Float32, 0.9))
			x = DivScalar(Mul(x, ConvertDType(kept, x.DType())), 0.9)
			return ConvertDType(x, dtypes.Float32)
		},
		"a rate that is computed": func(scope *model.Scope, x *Node) *Node {
			rate := half(x)
			kept := LessThan(scope.RandomUniform(x.Graph(), x.Shape()), OneMinus(rate))
			return Div(Mul(x, ConvertDType(kept, x.DType())), OneMinus(rate))
		},
		"a selection by hand": func(scope *model.Scope, x *Node) *Node {
			kept := LessThan(scope.RandomUniform(x.Graph(), x.Shape()), Scalar(x.Graph(), x.DType(), 0.8))
			return DivScalar(Where(kept, x, ZerosLike(x)), 0.8)
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, e *Engine) {
				store := normStore()
				m, err := source.GoMLX(source.Card{Name: "trains", Input: []int{-1, 2, 2, 1}}, store,
					func(scope *model.Scope, x *Node) []*Node {
						scope.Store().SetTraining(x.Graph(), true)
						x = drop(scope, norms(scope, x))
						return []*Node{ReduceMean(x, 1, 2)}
					})
				if err != nil {
					t.Fatal(err)
				}
				r, err := gradcamnb.NewModel(e.Session(m)).ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 2, 2, 1},
					Values: []float32{1, 2, 3, 4}}, gradcamnb.Methods("Input x gradient"))
				if err != nil {
					t.Fatal(err)
				}
				got := r[0].Maps[0]
				for i, v := range got.Raw.Values {
					if !(math.Abs(float64(v)-0.75*float64(i+1)) <= 1e-5) || !(math.Abs(float64(got.Score)+1.5) <= 1e-5) {
						t.Fatalf("the score is %g and the map %v", got.Score, got.Raw.Values)
					}
				}
				if said := source.Doubt(m); !strings.Contains(said, "switches training on") {
					t.Errorf("it says %q", said)
				}
				v := store.GetVariable("/first/batch_normalization/mean")
				if mean := tensors.MustCopyFlatData[float32](v.MustValue())[0]; mean != 3 {
					t.Errorf("the moving average became %g", mean)
				}
			})
		})
	}
}

// A function that switches training on and off again has the layers, lines and gradients of the one that does not.
func TestLayersOfATraining(t *testing.T) {
	lists := map[bool][]gradcamnb.Layer{}
	maps := map[bool][]float32{}
	for _, trains := range []bool{false, true} {
		store := model.NewStore()
		store.RootScope().SetParam(model.ParamInitialSeed, int64(1))
		m, err := source.GoMLX(source.Card{Name: "layers", Input: []int{-1, 8, 8, 3}, Untrained: true}, store,
			func(scope *model.Scope, x *Node) []*Node {
				scope.Store().SetTraining(x.Graph(), trains)
				for _, name := range []string{"block1", "block2"} {
					block := scope.In("%s", name)
					y := layers.Convolution(block, x).Channels(4).KernelSize(3).PadSame().Done()
					y = norm.BatchNorm(block, y, -1).Done()
					x = layers.DropoutStatic(block, activation.Relu(y), 0.5)
				}
				x = x.WithAlias("/mine")
				scope.Store().SetTraining(x.Graph(), false)
				return []*Node{layers.Dense(scope.In("head"), ReduceMean(x, 1, 2), true, 2)}
			})
		if err != nil {
			t.Fatal(err)
		}
		s := testEngine(t, "go").Session(m)
		net := gradcamnb.NewModel(s)
		if lists[trains], err = net.Layers(); err != nil {
			t.Fatal(err)
		}
		picture := gradcamnb.Tensor{Dims: []int{1, 8, 8, 3}, Values: make([]float32, 192)}
		for i := range picture.Values {
			picture.Values[i] = float32(math.Sin(float64(i)))
		}
		r, err := net.ExplainTensor(picture, gradcamnb.Class(1), gradcamnb.Layers("block1", "/mine"),
			gradcamnb.Methods("HiResCAM"))
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range r[0].Maps {
			maps[trains] = append(maps[trains], one.Raw.Values...)
		}
	}
	if len(lists[true]) != len(lists[false]) {
		t.Fatalf("%d layers in a training, and %d without", len(lists[true]), len(lists[false]))
	}
	for i, l := range lists[true] {
		was := lists[false][i]
		if l.Name != was.Name || l.Op != was.Op || l.Grid != was.Grid || l.Suggested != was.Suggested {
			t.Errorf("layer %d is %+v, and without training %+v", i, l, was)
		}
	}
	for i, v := range maps[true] {
		if was := maps[false][i]; !(math.Abs(float64(v-was)) <= 1e-6) || len(maps[true]) != len(maps[false]) {
			t.Fatalf("value %d of the maps is %g, and %g without training", i, v, was)
		}
	}
}

// A batch norm is known by its moving averages, however their next values are written, and also if it is used twice.
// By hand: of the picture 1, 2, 3, 4 the score is the mean of (x - 3) / 2, which is -0.25, and x times its gradient is
// x/8. A norm that is used twice is (y - 3) / 2 of that, -1.625, and x/16.
func TestMovingAveragesByHand(t *testing.T) {
	for name, c := range map[string]struct {
		next  func(scope *model.Scope, average, b *Node) *Node
		times int
	}{
		"shares": {func(_ *model.Scope, average, b *Node) *Node {
			return Add(MulScalar(b, 0.1), MulScalar(average, 0.9))
		}, 1},
		"a step": {func(_ *model.Scope, average, b *Node) *Node {
			return Add(average, MulScalar(Sub(b, average), 0.001))
		}, 1},
		"a step back": {func(_ *model.Scope, average, b *Node) *Node {
			return Sub(average, DivScalar(Sub(average, StopGradient(b)), 10))
		}, 1},
		"the mean of all so far": {func(scope *model.Scope, average, b *Node) *Node {
			n := scope.Store().GetVariable("/count").NodeValue(b.Graph())
			return Div(Add(Mul(average, n), b), OnePlus(n))
		}, 1},
		"unbiased": {func(_ *model.Scope, average, b *Node) *Node {
			return Add(MulScalar(average, 0.9), MulScalar(MulScalar(b, 4./3), 0.1))
		}, 1},
		"twice": {func(_ *model.Scope, average, b *Node) *Node {
			return Add(average, MulScalar(Sub(b, average), 0.1))
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			store := model.NewStore()
			for path, v := range map[string]float32{"/mean": 3, "/variance": 4, "/count": 5} {
				store.VariableWithValue(path, []float32{v})
			}
			m, err := source.GoMLX(source.Card{Name: "averages", Input: []int{-1, 2, 2, 1}}, store,
				func(scope *model.Scope, x *Node) []*Node {
					scope.Store().SetTraining(x.Graph(), true)
					for range c.times {
						mean := ReduceAndKeep(x, ReduceMean, 0, 1, 2)
						variance := ReduceAndKeep(Square(Sub(x, mean)), ReduceMean, 0, 1, 2)
						for path, b := range map[string]*Node{"/mean": mean, "/variance": variance} {
							average := store.GetVariable(path)
							average.SetNodeValue(c.next(scope, average.NodeValue(x.Graph()), Reshape(b, 1)))
						}
						x = Div(Sub(x, mean), Sqrt(variance))
					}
					return []*Node{ReduceMean(x, 1, 2)}
				})
			if err != nil {
				t.Fatal(err)
			}
			wantAverages(t, m, map[int][2]float64{1: {-0.25, 1. / 8}, 2: {-1.625, 1. / 16}}[c.times])
		})
	}
}

// wantAverages compares the score of the picture 1, 2, 3, 4, and its gradient by which Input x gradient multiplies.
func wantAverages(t *testing.T, m source.Model, want [2]float64) {
	t.Helper()
	r, err := gradcamnb.NewModel(testEngine(t, "go").Session(m)).ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 2, 2, 1},
		Values: []float32{1, 2, 3, 4}}, gradcamnb.Methods("Input x gradient"))
	if err != nil {
		t.Fatal(err)
	}
	got := r[0].Maps[0]
	for i, v := range got.Raw.Values {
		if !(math.Abs(float64(v)-want[1]*float64(i+1)) <= 1e-5) || !(math.Abs(float64(got.Score)-want[0]) <= 1e-5) {
			t.Fatalf("the score is %g and the map %v, want %g and %g x", got.Score, got.Raw.Values, want[0], want[1])
		}
	}
}

// GoMLX's batch norm that is used twice takes its averages twice, in both of its forms. By hand: x - 2, twice, is -1.5
// for the mean of the picture 1, 2, 3, 4, and the gradient is 1/4.
func TestNormThatIsUsedTwice(t *testing.T) {
	for _, direct := range []bool{false, true} {
		m, err := source.GoMLX(source.Card{Name: "twice", Input: []int{-1, 2, 2, 1}}, normStore(),
			func(scope *model.Scope, x *Node) []*Node {
				scope.Store().SetTraining(x.Graph(), true)
				x = norm.BatchNorm(scope.In("first"), x, -1).UseBackendInference(!direct).Done()
				x = norm.BatchNorm(scope.Shared("first"), x, -1).UseBackendInference(!direct).Done()
				return []*Node{ReduceMean(x, 1, 2)}
			})
		if err != nil {
			t.Fatal(err)
		}
		wantAverages(t, m, [2]float64{-1.5, 0.25})
	}
}

// A moving average of the weights does not take their place. By hand: the score is 2 times the mean of 1, 2, 3, 4.
func TestAverageOfWeights(t *testing.T) {
	store := model.NewStore()
	store.VariableWithValue("/w", float32(2))
	store.VariableWithValue("/average", float32(100))
	m, err := source.GoMLX(source.Card{Name: "averages", Input: []int{-1, 2, 2, 1}}, store,
		func(scope *model.Scope, x *Node) []*Node {
			scope.Store().SetTraining(x.Graph(), true)
			w, average := store.GetVariable("/w").NodeValue(x.Graph()), store.GetVariable("/average")
			before := average.NodeValue(x.Graph())
			average.SetNodeValue(Add(MulScalar(before, 0.75), MulScalar(w, 0.25)))
			return []*Node{ReduceMean(Mul(x, w), 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	r, err := gradcamnb.NewModel(testEngine(t, "go").Session(m)).ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 2, 2, 1},
		Values: []float32{1, 2, 3, 4}}, gradcamnb.Methods("Input x gradient"))
	if err != nil || r[0].Maps[0].Score != 5 {
		t.Fatalf("%v, error %v", r, err)
	}
}

// What a function does otherwise in training than batch norm and dropout do is refused, with its line.
func TestTrainingThatIsRefused(t *testing.T) {
	for name, fn := range map[string]func(scope *model.Scope, x *Node) *Node{
		"noise": func(scope *model.Scope, x *Node) *Node {
			return Add(x, scope.RandomNormal(x.Graph(), x.Shape())) // at: noise
		},
		"a norm without averages": func(_ *model.Scope, x *Node) *Node {
			one := Ones(x.Graph(), shapes.Make(x.DType(), 1))
			y, _, _ := InternalBatchNormForTraining(x, one, one, 1e-3, 3) // at: a norm without averages
			return y
		},
		"one of two norms without averages": func(scope *model.Scope, x *Node) *Node {
			x = norm.BatchNorm(scope.In("first"), x, -1).Done()
			one := Ones(x.Graph(), shapes.Make(x.DType(), 1))
			y, _, _ := InternalBatchNormForTraining(x, one, one, 1e-3, 3) // at: one of two norms without averages
			return y
		},
		"a mask with another scale": func(scope *model.Scope, x *Node) *Node {
			kept := LessThan(scope.RandomUniform(x.Graph(), x.Shape()), half(x)) // at: a mask with another scale
			return DivScalar(Mul(x, ConvertDType(kept, x.DType())), 0.8)
		},
		"a random choice": func(scope *model.Scope, x *Node) *Node {
			kept := LessThan(scope.RandomUniform(x.Graph(), x.Shape()), half(x)) // at: a random choice
			return Add(Where(kept, x, ZerosLike(x)), Where(kept, ZerosLike(x), Neg(x)))
		},
		"a scaled mask": func(scope *model.Scope, x *Node) *Node {
			return Mul(x, scope.RandomUniform(x.Graph(), x.Shape())) // at: a scaled mask
		},
	} {
		m, err := source.GoMLX(source.Card{Name: "trains", Input: []int{-1, 2, 2, 1}, Untrained: true}, model.NewStore(),
			func(scope *model.Scope, x *Node) []*Node {
				scope.Store().SetTraining(x.Graph(), true)
				return []*Node{ReduceMean(fn(scope, x), 1, 2)}
			})
		if err != nil {
			t.Fatal(err)
		}
		_, err = gradcamnb.NewModel(testEngine(t, "go").Session(m)).Layers()
		if err == nil || !strings.Contains(err.Error(), "switches training on") ||
			!names(err.Error(), marked.Line(t, "gomlx_training_test.go", name)) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
