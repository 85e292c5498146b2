package engine

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// What is measured is the probability, however a model ends: of the windowed model's first class a = sigmoid(2) with
// the window and b = 1/2 without. One number may be that of a regression, and is measured as it is, 1 and 0; as
// a binary target it is a logit, a = sigmoid(1). The window goes first of 16 parts, and the rest changes nothing:
//
//	insertion (b/2 + 15 a + a/2) / 16, deletion (a/2 + 15 b + b/2) / 16
func TestMeasuredEndingsByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, c := range []struct {
			name          string
			end           func(seen *Node) *Node
			target        gradcamnb.Target
			with, without float64
			unit          string
		}{
			{"softmax", func(seen *Node) *Node { return Softmax(Stack([]*Node{seen, Neg(seen)}, 1)) }, gradcamnb.Class(0),
				1 / (1 + math.Exp(-2)), 0.5, "probability"},
			{"log-softmax", func(seen *Node) *Node { return LogSoftmax(Stack([]*Node{seen, Neg(seen)}, 1)) }, gradcamnb.Class(0),
				1 / (1 + math.Exp(-2)), 0.5, "log-probability"},
			{"one number", func(seen *Node) *Node { return ExpandAxes(seen, -1) }, gradcamnb.Top(1), 1, 0, "output"},
			{"one logit", func(seen *Node) *Node { return ExpandAxes(seen, -1) }, gradcamnb.Binary(1),
				1 / (1 + math.Exp(-1)), 0.5, "logits"},
		} {
			m, err := source.GoMLX(source.Card{Name: c.name, Input: []int{-1, side, side, 3}}, model.NewStore(),
				func(_ *model.Scope, x *Node) []*Node {
					x = MulScalar(x, 1).WithAlias("/picture")
					seen := ReduceMean(Slice(x, AxisRange(), AxisRange(6, 12), AxisRange(6, 12), AxisRange()), 1, 2, 3)
					return []*Node{c.end(seen)}
				})
			if err != nil {
				t.Fatal(err)
			}
			maps, err := measured(t, gradcamnb.NewModel(e.Session(m)), gradcamnb.Measuring{Steps: 16, Baseline: "mean",
				Metrics: []string{"insertion", "deletion", "average drop"}}, c.target)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			for name, want := range map[string]float64{"insertion": (c.without/2 + 15.5*c.with) / 16,
				"deletion": (c.with/2 + 15.5*c.without) / 16, "average drop": 0} {
				if got := maps[0].Metrics[name]; !(math.Abs(got-want) < 1e-5) {
					t.Errorf("%s: %s is %g, want %g", c.name, name, got, want)
				}
			}
			if maps[0].ScoreUnit != c.unit {
				t.Errorf("%s: the score is in %q, want %q", c.name, maps[0].ScoreUnit, c.unit)
			}
		}
	})
}

// Logits that all lie between 0 and 1, as those of a young network do, are logits: of 0.9 and 0.2 the first one has the
// probability 1/(1 + exp(-0.7)).
func TestLogitsLikeProbabilities(t *testing.T) {
	m := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "young", Input: []int{-1, 1, 1, 1}}, func(x *Node) []*Node {
		x = ReduceSum(MulScalar(x, 1).WithAlias("/map"), 1, 2)
		return []*Node{Concatenate([]*Node{MulScalar(x, 0.9), MulScalar(x, 0.2)}, 1)}
	})
	r, err := m.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 1, 1}, Values: []float32{1}}, gradcamnb.Layers("/map"))
	if err != nil {
		t.Fatal(err)
	}
	want := 1 / (1 + math.Exp(-0.7))
	for _, got := range []float32{r[0].Top[0].Probability, r[0].Maps[0].Probability} {
		if !(math.Abs(float64(got)-want) < 1e-6) {
			t.Errorf("the probability is %g, want %g", got, want)
		}
	}
}

// A weight that a trainer has just taken away, as it does while it steps, is an error that says so in our words, and no
// panic: whether the program has run before or is new, by a gradient or by masks.
func TestAWeightThatIsTaken(t *testing.T) {
	e := testEngine(t, "go")
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: slices.Repeat([]float32{1}, 4)}
	for name, take := range map[string]func(*model.Variable) error{
		"freed":   func(v *model.Variable) error { return v.MustValue().FinalizeAll() },
		"removed": func(v *model.Variable) error { return v.Reset() },
	} {
		for _, method := range []string{"Grad-CAM", "LayerCAM", "RISE"} { // the first has run before
			store := model.NewStore()
			store.RootScope().VariableWithValue("gain", float32(3))
			m, err := source.GoMLX(source.Card{Name: "taken", Input: []int{-1, 2, 2, 1}}, store,
				func(scope *model.Scope, x *Node) []*Node {
					gain := scope.VariableWithShape("gain", shapes.Make(dtypes.Float32)).NodeValue(x.Graph())
					return []*Node{ReduceMean(Mul(x, gain).WithAlias("/map"), 1, 2)}
				})
			if err != nil {
				t.Fatal(err)
			}
			explained := gradcamnb.NewModel(e.Session(m))
			if _, err := explained.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods("Grad-CAM")); err != nil {
				t.Fatal(err)
			}
			if err := take(store.GetVariable("/gain")); err != nil {
				t.Fatal(err)
			}
			_, err = explained.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods(method),
				gradcamnb.Sampled(gradcamnb.Sampling{Masks: 4, Grid: 2}))
			if err == nil || !strings.Contains(err.Error(), "weights /gain") || !strings.Contains(err.Error(), "while") ||
				!strings.Contains(err.Error(), "in the loop's callbacks") || strings.Contains(err.Error(), "initialize") {
				t.Errorf("%s, %s: the error is %v", name, method, err)
			}
		}
	}
}

// A function may mean to set weights itself although the store has weights of the same names in another scope. Such a
// model is explained, and a doubt is said once.
func TestDoubtfulWeightsAreSaid(t *testing.T) {
	var said strings.Builder
	e := testEngine(t, "go")
	e.say = &said
	store := model.NewStore()
	for _, in := range []string{"body", "old"} {
		store.RootScope().In("%s", in).VariableWithValue("gain", float32(2))
	}
	m, err := source.GoMLX(source.Card{Name: "headed", Input: []int{-1, 2, 2, 1}}, store,
		func(scope *model.Scope, x *Node) []*Node {
			for _, in := range []string{"body", "head"} {
				x = Mul(x, scope.In("%s", in).VariableWithValue("gain", float32(3)).NodeValue(x.Graph()))
			}
			return []*Node{ReduceMean(x, 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: slices.Repeat([]float32{1}, 4)}
	for range 2 {
		r, err := gradcamnb.NewModel(e.Session(m)).ExplainTensor(in, gradcamnb.Class(0))
		if err != nil || r[0].Maps[0].Score != 6 {
			t.Fatalf("error %v, %+v", err, r)
		}
	}
	if text := said.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "/head/gain") ||
		!strings.Contains(text, "in the scope /old") || !strings.Contains(text, "gomlx_found_test.go:") {
		t.Errorf("it says %q", text)
	}
}

// A model of one number y: unless something says that y is a logit, it may be a regression, and has no probability. If
// there are two labels, the target is binary or the model ends in a sigmoid, the probability of class 1 is
// p = 1/(1 + exp(-y)), in the result and in its map.
func TestProbabilitiesOfOneNumberByHand(t *testing.T) {
	none, two := []float32{float32(math.NaN())}, func(y float64) []float32 {
		p := 1 / (1 + math.Exp(-math.Abs(y))) // of the likelier class
		return []float32{float32(p), float32(1 - p)}
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, y := range []float64{1.5, -0.5} {
			p := float32(1 / (1 + math.Exp(-y)))
			likelier := map[bool]int{true: 1, false: 0}[y > 0]
			for _, c := range []struct {
				labels []string
				ends   func(*Node) *Node
				target gradcamnb.Target
				top    []float32 // probabilities
				first  int       // likeliest class
				of     float32   // probability of the map
				rank   int
			}{
				{nil, nil, gradcamnb.Top(1), none, 0, none[0], 0},
				{nil, nil, gradcamnb.Class(0), none, 0, none[0], 0},
				{nil, nil, gradcamnb.Binary(1), two(y), likelier, p, 2 - likelier},
				{nil, nil, gradcamnb.Binary(0), two(y), likelier, 1 - p, 1 + likelier},
				{[]string{"cat", "dog"}, nil, gradcamnb.Top(1), two(y), likelier, max(p, 1-p), 1},
				{[]string{"cat", "dog"}, nil, gradcamnb.Label("dog"), two(y), likelier, p, 2 - likelier},
				{nil, Sigmoid, gradcamnb.Top(1), []float32{p}, 0, p, 0},
				{nil, Sigmoid, gradcamnb.Tag(0), []float32{p}, 0, p, 0},
			} {
				m := gomlxModel(t, e, source.Card{Name: "one", Input: []int{-1, 1, 1, 1}, Labels: c.labels}, func(x *Node) []*Node {
					out := MulScalar(ReduceSum(MulScalar(x, 1).WithAlias("/map"), 1, 2), y)
					if c.ends != nil {
						out = c.ends(out)
					}
					return []*Node{out}
				})
				r, err := m.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 1, 1}, Values: []float32{1}}, c.target,
					gradcamnb.Layers("/map"))
				if err != nil {
					t.Errorf("%v, labels %q: %v", c.target, c.labels, err)
					continue
				}
				near := func(got, want float32) bool { return math.Abs(float64(got-want)) < 1e-6 || got != got && want != want }
				same := len(r[0].Top) == len(c.top) && r[0].Top[0].Index == c.first
				for i := range c.top {
					same = same && near(r[0].Top[i].Probability, c.top[i])
				}
				if got := r[0].Maps[0]; !same || !near(got.Probability, c.of) || got.Rank != c.rank {
					t.Errorf("y = %g, %v, labels %q: the best are %+v, want %v with class %d first; the map has the probability %g and the rank %d, want %g and %d",
						y, c.target, c.labels, r[0].Top, c.top, c.first, got.Probability, got.Rank, c.of, c.rank)
				}
			}
		}
	})
}
