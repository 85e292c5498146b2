package source

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
)

// stemAndHead is a network of a convolution and a linear layer.
func stemAndHead(scope *model.Scope, x *Node) []*Node {
	x = layers.Convolution(scope.In("stem"), x).Channels(4).KernelSize(3).PadSame().Done()
	return []*Node{layers.Dense(scope.In("head"), ReduceMean(x, 1, 2), true, 3)}
}

// A function that is called in the wrong scope over a checkpoint that is loaded lazily is told the scopes that the
// checkpoint has.
func TestScopesOfALazyCheckpoint(t *testing.T) {
	b := gobackend.GetBackend()
	dir := t.TempDir()
	trained := model.NewStore()
	saved, err := checkpoint.Build(trained).Dir(dir).Done()
	if err != nil {
		t.Fatal(err)
	}
	model.MustNewExec(b, trained, func(scope *model.Scope, x *Node) []*Node { return stemAndHead(scope.In("model"), x) }).
		MustCall([][][][]float32{{{{1, 2, 3}}}})
	if err := saved.Save(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"the right scope": {"model", nil},
		"another scope":   {"net", []string{"/net/stem/conv", "its checkpoint in /model/head/dense, /model/stem/conv"}},
	} {
		store := model.NewStore()
		if _, err := checkpoint.Load(store).Dir(dir).Done(); err != nil {
			t.Fatal(err)
		}
		m, err := GoMLX(Card{Name: "lazy", Input: []int{-1, 4, 4, 3}}, store,
			func(scope *model.Scope, x *Node) []*Node { return stemAndHead(scope.In("%s", c.in), x) })
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Layers(t.Context(), []int{1, 4, 4, 3}, "")
		if c.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error lacks %q: %v", name, want, err)
			}
		}
	}
}

// A function whose weights the store lacks leaves the store as it was, also without what a batch norm keeps and does
// not read, and without what an operator made before the function failed. So the error is the same the second time, and
// names the scopes of the weights that the store has.
func TestRefusedFunctionsLeaveTheStoreAlone(t *testing.T) {
	normed := func(scope *model.Scope, x *Node) *Node {
		x = layers.Convolution(scope.In("conv"), x).Channels(2).KernelSize(3).Done()
		return ReduceMean(norm.BatchNorm(scope.In("norm"), x, -1).Done(), 1, 2)
	}
	for name, c := range map[string]struct {
		fn   GraphFn
		want string
	}{
		"a scope that the store lacks": {func(scope *model.Scope, x *Node) []*Node { return []*Node{normed(scope.In("net"), x)} },
			"in the scope /net/conv/conv, at source/gomlx_weights_test.go"},
		"a function that fails later": {func(scope *model.Scope, x *Node) []*Node {
			return []*Node{Reshape(normed(scope.In("net"), x), 1, 5)}
		}, "doesnt match original size"},
		"an output without the picture": {func(scope *model.Scope, x *Node) []*Node {
			return []*Node{ScalarZero(x.Graph(), x.DType()), normed(scope.In("net"), x)}
		}, "in the scope /net/conv/conv"},
	} {
		store := model.NewStore()
		trained := store.RootScope().In("model").In("conv")
		trained.VariableWithValue("weights", []float32{1, 2})
		store.RootScope().In("AdamOptimizer").VariableWithValue("step", float32(3)).SetTrainable(false)
		store.RootScope().VariableWithValue("global_step", int64(3)).SetTrainable(false)
		m, err := GoMLX(Card{Name: name, Input: []int{1, 6, 6, 3}}, store, c.fn)
		if err != nil {
			t.Fatal(err)
		}
		var first string
		for i := range 2 {
			_, err := m.Layers(t.Context(), []int{1, 6, 6, 3}, "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%s: the error lacks %q: %v", name, c.want, err)
			}
			if i == 0 {
				first = err.Error()
			} else if err.Error() != first {
				t.Errorf("%s: the error was %q, and is %q", name, first, err)
			}
		}
		if strings.Contains(first, "the store has") && !strings.Contains(first, "the store has weights in /model/conv:") {
			t.Errorf("%s: the error is %q, want the scope /model/conv alone", name, first)
		}
		var got []string
		for v := range store.IterVariables() {
			got = append(got, v.Path())
		}
		if want := []string{"/model/conv/weights", "/AdamOptimizer/step", "/global_step"}; !slices.Equal(got, want) {
			t.Errorf("%s: the store has %q, want %q", name, got, want)
		}
	}
}

// gain multiplies the picture by a variable to which the function gives a value.
func gain(scope *model.Scope, x *Node, name string) *Node {
	return Mul(x, Reshape(scope.VariableWithValue(name, []float32{1, 1, 1}).NodeValue(x.Graph()), 1, 1, 1, 3))
}

// A function that gives all its weights values of its own, in another scope than that of the store's trained ones, is
// refused. If it reads others of the store, or the store has no twin, it is not: a store may hold other networks, and
// what a training keeps.
func TestWeightsWithValuesOfTheirOwn(t *testing.T) {
	means := func(x *Node) []*Node { return []*Node{ReduceMean(x, 1, 2)} }
	root := func(scope *model.Scope, x *Node) []*Node { return means(gain(scope, x, "gain")) }
	for name, c := range map[string]struct {
		has         []string // variables of the store
		fn          GraphFn
		error, said string
	}{
		"trained in a scope": {[]string{"/model/gain"}, root, "in the scope /model, /model/gain", ""},
		"trained in another scope, with moments": {[]string{"/net/a/gain", "/AdamOptimizer/net/a/gain_1st_moment"},
			func(scope *model.Scope, x *Node) []*Node { return means(gain(scope.In("a"), x, "gain")) }, "/net/a/gain", ""},
		"trained in the root": {[]string{"/gain", "/global_scale"},
			func(scope *model.Scope, x *Node) []*Node { return root(scope.In("net"), x) }, "in the scope /, /gain", ""},
		"the right scope":  {[]string{"/model/gain"}, func(scope *model.Scope, x *Node) []*Node { return root(scope.In("model"), x) }, "", ""},
		"nothing trained":  {nil, root, "", ""},
		"moments":          {[]string{"/AdamOptimizer/gain_1st_moment", "/AdamOptimizer/gain_2nd_moment"}, root, "", ""},
		"other names":      {[]string{"/model/bias"}, root, "", ""},
		"a copy beside it": {[]string{"/gain", "/average/gain"}, root, "", ""},
		"two blocks, one of the store": {[]string{"/a/gain"}, func(scope *model.Scope, x *Node) []*Node {
			return means(gain(scope.In("b"), gain(scope.In("a"), x, "gain"), "gain"))
		}, "", ""},
		"a new head beside an old one": {[]string{"/body/gain", "/old/gain"}, func(scope *model.Scope, x *Node) []*Node {
			return means(gain(scope.In("head"), gain(scope.In("body"), x, "gain"), "gain"))
		}, "", "/head/gain"},
		"one of two with a twin": {[]string{"/old/gain"}, func(scope *model.Scope, x *Node) []*Node {
			return means(gain(scope, gain(scope, x, "scale"), "gain"))
		}, "", "/old/gain"},
	} {
		store := model.NewStore()
		for _, path := range c.has {
			in, variable := model.SplitPath(path)
			store.Scope(in).VariableWithValue(variable, []float32{2, 2, 2})
		}
		m, err := GoMLX(Card{Name: "own", Input: []int{1, 6, 6, 3}}, store, c.fn)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Layers(t.Context(), []int{1, 6, 6, 3}, "")
		if (err == nil) != (c.error == "") || err != nil && !strings.Contains(err.Error(), c.error) {
			t.Errorf("%s: error %v, want %q", name, err, c.error)
		}
		if said := Doubt(m); (said == "") != (c.said == "") || !strings.Contains(said, c.said) {
			t.Errorf("%s: the model says %q, want %q", name, said, c.said)
		}
	}
}

// A checkpoint that is loaded lazily may hold two networks of one shape. The second one is explained although the store
// already shows the first, whose weights have the same names.
func TestTwoNetworksOfALazyCheckpoint(t *testing.T) {
	dir, trained := t.TempDir(), model.NewStore()
	saved, err := checkpoint.Build(trained).Dir(dir).Done()
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{"teacher", "student"} {
		trained.RootScope().In("%s", in).VariableWithValue("gain", []float32{2, 2, 2})
	}
	if err := saved.Save(); err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if _, err := checkpoint.Load(store).Dir(dir).Done(); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{"teacher", "student"} {
		m, err := GoMLX(Card{Name: in, Input: []int{1, 6, 6, 3}}, store, func(scope *model.Scope, x *Node) []*Node {
			v := scope.In("%s", in).VariableWithShape("gain", shapes.Make(dtypes.Float32, 3))
			return []*Node{ReduceMean(Mul(x, Reshape(v.NodeValue(x.Graph()), 1, 1, 1, 3)), 1, 2)}
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Layers(t.Context(), []int{1, 6, 6, 3}, ""); err != nil || Doubt(m) != "" {
			t.Errorf("%s: error %v, it says %q", in, err, Doubt(m))
		}
	}
}

// Whole numbers that the outputs are computed from are weights, too: GoMLX would make zeros of those that the store
// lacks. A counter that nothing is computed from is none.
func TestWholeNumbersThatNobodyLoaded(t *testing.T) {
	codes := func(scope *model.Scope, g *Graph) *Node {
		v := scope.In("codes").VariableWithShape("weights", shapes.Make(dtypes.Int32, 3))
		return Reshape(ConvertDType(v.NodeValue(g), dtypes.Float32), 1, 1, 1, 3)
	}
	count := func(scope *model.Scope, g *Graph) {
		v := scope.WithInitializer(Zeros).VariableWithShape("calls", shapes.Make(dtypes.Int64))
		v.SetNodeValue(AddScalar(v.NodeValue(g), 1))
	}
	for name, c := range map[string]struct {
		has    bool
		fn     GraphFn
		layers []string
		error  string
	}{
		"lacking": {false, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{ReduceMean(Mul(x, codes(scope, x.Graph())), 1, 2)}
		}, nil, "makes up the weights /codes/weights (Int32)[3] in the scope /codes"},
		"loaded": {true, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{ReduceMean(Mul(x, codes(scope, x.Graph())), 1, 2)}
		}, []string{"codes", "output"}, ""},
		"a counter": {false, func(scope *model.Scope, x *Node) []*Node {
			count(scope, x.Graph())
			return []*Node{ReduceMean(MulScalar(x, 2), 1, 2)}
		}, []string{"mul", "output"}, ""},
	} {
		store := model.NewStore()
		if c.has {
			store.Scope("/codes").VariableWithValue("weights", []int32{1, 2, 3})
		}
		m, err := GoMLX(Card{Name: "whole", Input: []int{1, 6, 6, 3}}, store, c.fn)
		if err != nil {
			t.Fatal(err)
		}
		all, err := m.Layers(t.Context(), []int{1, 6, 6, 3}, "")
		if (err == nil) != (c.error == "") || err != nil && !strings.Contains(err.Error(), c.error) {
			t.Errorf("%s: error %v, want %q", name, err, c.error)
		}
		var names []string
		for _, l := range all {
			names = append(names, l.Name)
		}
		if !slices.Equal(names, c.layers) {
			t.Errorf("%s: the layers are %q, want %q", name, names, c.layers)
		}
	}
}

// A function that draws random numbers is said to.
func TestRandomNumbersAreSaid(t *testing.T) {
	m, err := GoMLX(Card{Name: "noisy", Input: []int{1, 6, 6, 3}}, model.NewStore(),
		func(scope *model.Scope, x *Node) []*Node {
			x = Add(MulScalar(x, 2), scope.RandomNormal(x.Graph(), x.Shape()))
			return []*Node{ReduceMean(x, 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Layers(t.Context(), []int{1, 6, 6, 3}, ""); err != nil {
		t.Fatal(err)
	}
	if said := Doubt(m); !strings.Contains(said, "draws random numbers, made at source/gomlx_weights_test.go:") {
		t.Errorf("it says %q", said)
	}
}
