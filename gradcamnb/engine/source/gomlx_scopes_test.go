package source

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// A layer has the name of its weights' scope, without GoMLX's own part of it. A scope around layers stands for the last
// of them, as a module path does in PyTorch, also if it holds only one layer with weights. The name of a layer means
// that layer.
func TestScopesAsModules(t *testing.T) {
	conv := func(scope *model.Scope, x *Node) *Node {
		return layers.Convolution(scope, x).Channels(4).KernelSize(3).PadSame().Done()
	}
	m, err := GoMLX(Card{Name: "scopes", Input: []int{-1, 8, 8, 3}, Untrained: true}, model.NewStore(),
		func(scope *model.Scope, x *Node) []*Node {
			x = activation.Relu(conv(scope.In("conv_2"), x))
			one := scope.In("block1") // a block of one layer with weights
			x = MaxPool(activation.Relu(conv(one.In("first"), x))).Window(2).Done()
			two := scope.In("block2")
			y := activation.Relu(conv(two.In("first"), x))
			x = activation.Relu(Add(x, conv(two.In("second"), y)))
			deep := scope.In("stage").In("block3")
			x = activation.Relu(conv(deep.In("first"), x))
			return []*Node{layers.Dense(scope.In("head").In("classes"), ReduceMean(x, 1, 2), true, 3)}
		})
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Layers(t.Context(), []int{1, 8, 8, 3}, "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range all {
		names = append(names, l.Name)
	}
	if want := []string{"conv_2", "conv_2/relu", "block1/first", "block1/first/relu", "block1/first/pool", "block2/first",
		"block2/first/relu", "block2/second", "block2/add", "block2/relu", "stage/block3/first", "stage/block3/first/relu",
		"output"}; !slices.Equal(names, want) {
		t.Errorf("the layers are %q, want %q", names, want)
	}
	for path, want := range map[string]string{
		"conv_2": "conv_2", "block1": "block1/first/pool", "block1/first": "block1/first", "block2": "block2/relu",
		"block2/second": "block2/second", "stage": "stage/block3/first/relu", "stage/block3": "stage/block3/first/relu",
		"head": "output", "head/classes": "output", "/block2/relu": "block2/relu",
	} {
		if l, err := Resolve(all, path); err != nil || l.Name != want {
			t.Errorf("%s: error %v, the layer %q, want %q", path, err, l.Name, want)
		}
	}
}

// A scope in which several layers read weights is a block, and none of them has its name; a layer that is called twice
// keeps it.
func TestScopesWithSeveralLayers(t *testing.T) {
	m, err := GoMLX(Card{Name: "scopes", Input: []int{-1, 8, 8, 3}, Untrained: true}, model.NewStore(),
		func(scope *model.Scope, x *Node) []*Node {
			conv := func(scope *model.Scope, name string, x *Node) *Node {
				w := scope.VariableWithShape(name, shapes.Make(x.DType(), 3, 3, x.Shape().Dim(-1), 3)).NodeValue(x.Graph())
				return Convolve(x, w).PadSame().Done()
			}
			block := scope.In("block")
			x = activation.Relu(conv(block, "first", x))
			x = activation.Relu(conv(block, "second", x))
			again := scope.In("again")
			x = activation.Relu(conv(again, "weights", x))
			x = activation.Relu(conv(again, "weights", x))
			return []*Node{layers.Dense(scope.In("head"), ReduceMean(x, 1, 2), true, 3)}
		})
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Layers(t.Context(), []int{1, 8, 8, 3}, "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range all {
		names = append(names, l.Name)
	}
	if want := []string{"block/conv", "block/relu", "block/conv#2", "block/relu#2", "again", "again/relu", "again#2",
		"again/relu#2", "output"}; !slices.Equal(names, want) {
		t.Errorf("the layers are %q, want %q", names, want)
	}
	for path, want := range map[string]string{"block": "block/relu#2", "again": "again"} {
		if l, err := Resolve(all, path); err != nil || l.Name != want {
			t.Errorf("%s: error %v, the layer %q, want %q", path, err, l.Name, want)
		}
	}
}

// The weights of a file lie in one scope, with their modules in their names, which layers are named after.
func TestModulesInNamesOfWeights(t *testing.T) {
	store := model.NewStore()
	file := store.Scope("/backbone/ONNX")
	for _, name := range []string{"layer1.0.conv1", "layer1.0.conv2"} {
		file.VariableWithValue(name+".weight", [][][][]float32{{{{2}}}})
		file.VariableWithValue(name+".bias", []float32{1})
	}
	m, err := GoMLX(Card{Name: "file", Input: []int{-1, 8, 8, 1}}, store, func(_ *model.Scope, x *Node) []*Node {
		get := func(name string) *Node { return store.GetVariable("/backbone/ONNX/" + name).NodeValue(x.Graph()) }
		for _, name := range []string{"layer1.0.conv1", "layer1.0.conv2"} {
			x = Add(Convolve(x, get(name+".weight")).Done(), Reshape(get(name+".bias"), 1, 1, 1, 1))
			x = activation.Relu(x)
		}
		return []*Node{ReduceMean(x, 1, 2)}
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Layers(t.Context(), []int{1, 8, 8, 1}, "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range all {
		names = append(names, l.Name)
	}
	const block = "backbone/ONNX/layer1.0."
	want := []string{block + "conv1", block + "conv1/relu", block + "conv2", block + "conv2/relu", "output"}
	if !slices.Equal(names, want) {
		t.Errorf("the layers are %q, want %q", names, want)
	}
}
