package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// GraphFn builds a model: a batch of pictures in, outputs out, the first one
// being the model's answer. Layers to explain at are named with [NamedLayer], or
// with Node.WithAlias; the named node must be the one that the rest of the model reads.
type GraphFn func(scope *model.Scope, image *Node) []*Node

// InputsFn is a [GraphFn] of a model with inputs beside the picture, by name, in the types
// and with the axes that the card's Inputs say.
type InputsFn func(scope *model.Scope, image *Node, inputs map[string]*Node) []*Node

// gomlxModel is a model built in Go.
type gomlxModel struct {
	card  Card
	store *model.Store
	fn    InputsFn
	given map[string]onnxnorm.Given // for the inputs beside the picture
}

// GoMLX makes a model of a store of variables and the function that builds its
// graph. Of the card, Name and Input must be given, [batch, h, w, 3] or, with
// Layout ChannelsFirst, [batch, 3, h, w]; Outputs names what the function returns,
// "output" where it is empty.
func GoMLX(c Card, store *model.Store, fn GraphFn) (Model, error) {
	if fn == nil {
		return nil, errNoFunction
	}
	if len(c.Inputs) > 0 {
		return nil, fmt.Errorf("model %s: its card names inputs beside the picture, %s, and its function takes none; give one that does", c.Name, inputNames(c.Inputs))
	}
	return GoMLXWithInputs(c, store, func(scope *model.Scope, image *Node, _ map[string]*Node) []*Node { return fn(scope, image) })
}

var errNoFunction = errors.New("a GoMLX model needs its store and its graph function")

// GoMLXWithInputs is [GoMLX] of a model with inputs beside the picture, which the card's
// Inputs name. An input whose first dimension is free, -1, has one row a picture.
func GoMLXWithInputs(c Card, store *model.Store, fn InputsFn) (Model, error) {
	switch {
	case store == nil || fn == nil:
		return nil, errNoFunction
	case len(c.Input) != 4:
		return nil, fmt.Errorf("model %s: the input has the shape %v and must have 4 axes, [batch, height, width, channels]", c.Name, c.Input)
	}
	c.Input = slices.Clone(c.Input)
	if c.Layout == "" {
		c.Layout = imgio.ChannelsLast
	}
	if len(c.Outputs) == 0 {
		c.Outputs = []string{"output"}
	}
	c.Inputs = slices.Clone(c.Inputs)
	for i := range c.Inputs {
		in := &c.Inputs[i]
		if in.Type == "" {
			in.Type = "float32"
		}
		if _, err := dtypes.DTypeString(in.Type); err != nil {
			return nil, fmt.Errorf("model %s: its input %s has no type of GoMLX's", c.Name, in)
		}
		in.Read, in.Batched = true, len(in.Dims) > 0 && in.Dims[0] < 0
	}
	return &gomlxModel{card: c, store: store, fn: fn}, nil
}

func (m *gomlxModel) fed(given map[string]onnxnorm.Given) Model {
	return &gomlxModel{m.card, m.store, m.fn, given}
}

// inputs are the nodes of the inputs beside the picture.
func (m *gomlxModel) inputs(x *Node) map[string]*Node {
	nodes := map[string]*Node{}
	for _, in := range m.card.Inputs {
		g, ok := m.given[in.Name]
		if !ok {
			exceptions.Panicf("model %s: its input %s is not given", m.card.Name, in)
		}
		dims := slices.Clone(g.Dims)
		if in.Batched {
			dims[0] = x.Shape().Dim(0)
		}
		kind, err := dtypes.DTypeString(in.Type)
		if err != nil {
			exceptions.Panicf("model %s: its input %s: %v", m.card.Name, in, err)
		}
		n := x.Graph().GetNodeByAlias(InputAlias(in.Name))
		switch {
		case !in.float():
			n = Const(x.Graph(), tensors.FromFlatDataAndDimensions(g.Ints, g.Dims...))
		case n == nil:
			n = Zeros(x.Graph(), shapes.Make(dtypes.Float32, g.Dims...)) // the layers are listed
		}
		nodes[in.Name] = BroadcastToDims(ConvertDType(n, kind), dims...)
	}
	return nodes
}

func (m *gomlxModel) Card() Card          { return m.card }
func (m *gomlxModel) Store() *model.Store { return m.store }

func (m *gomlxModel) picture(input []int) [2]int {
	if m.card.Layout == imgio.ChannelsLast {
		return [2]int{input[1], input[2]}
	}
	return [2]int{input[2], input[3]}
}

// outputs calls the graph function and names what it returns.
func (m *gomlxModel) outputs(scope *model.Scope, x *Node) map[string]*Node {
	out := m.fn(scope, x, m.inputs(x))
	if len(out) < len(m.card.Outputs) {
		exceptions.Panicf("model %s: its graph function returns %d outputs, and %d are named: %q", m.card.Name, len(out), len(m.card.Outputs), m.card.Outputs)
	}
	named := map[string]*Node{}
	for i, name := range m.card.Outputs {
		named[name] = out[i]
	}
	return named
}

// Layers builds the graph once, on the pure-Go backend and without running it.
func (m *gomlxModel) Layers(input []int, output string) (layers []Layer, err error) {
	if output == "" {
		output = m.card.Outputs[0]
	}
	exec, err := model.NewExec(gobackend.GetBackend(), m.store, func(scope *model.Scope, x *Node) *Node {
		named := m.outputs(scope, x)
		target := m.find(x.Graph(), named, output)
		feeds := ancestors(target, nil)
		for alias, n := range x.Graph().IterAliasedNodes() {
			layers = append(layers, m.layer(alias, n, x, feeds, input))
		}
		slices.SortFunc(layers, func(a, b Layer) int { return a.order - b.order })
		for _, name := range m.card.Outputs {
			layers = append(layers, m.layer(name, named[name], x, feeds, input))
		}
		return target
	})
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.card.Name, err)
	}
	defer exec.Finalize()
	if _, err := exec.Compile(shapes.Make(dtypes.Float32, input...)); err != nil {
		return nil, fmt.Errorf("model %s: building its graph for the input %v: %w", m.card.Name, input, err)
	}
	suggest(layers)
	return layers, nil
}

func (m *gomlxModel) layer(name string, n, x *Node, feeds map[*Node]bool, input []int) Layer {
	l := Layer{
		Name: name, Op: n.Type().String(), Shape: n.Shape().Dimensions, Feeds: feeds[n],
		paths: []string{strings.TrimPrefix(name, "/")}, order: int(n.Id()),
	}
	if l.Beside = !ancestors(n, nil)[x]; !l.Beside {
		l.Grid = gridOf(l.Shape, m.card.Layout == imgio.ChannelsLast, m.picture(input))
	}
	return l
}

// find is a node by output name or alias.
func (m *gomlxModel) find(g *Graph, named map[string]*Node, name string) *Node {
	if n := named[name]; n != nil {
		return n
	}
	n := g.GetNodeByAlias(name)
	if n == nil {
		exceptions.Panicf("model %s has no output and no node alias %q", m.card.Name, name)
	}
	return n
}

func (m *gomlxModel) Build(scope *model.Scope, x *Node, cuts, wants []string) Built {
	named := m.outputs(scope, x)
	built := Built{Outputs: map[string]*Node{}}
	for _, want := range wants {
		built.Outputs[want] = m.find(x.Graph(), named, want)
	}
	picture := m.picture(x.Shape().Dimensions)
	for _, cut := range cuts {
		node := x
		if cut != Picture {
			node = m.find(x.Graph(), named, cut)
		}
		built.Cuts = append(built.Cuts, Cut{
			Node: node,
			Grid: func(n *Node) *Node { return asGrid(n, m.card.Layout == imgio.ChannelsLast, picture) },
		})
	}
	m.refuseWrongGradients(built)
	return built
}

// refuseWrongGradients stops where a map would be wrong without looking so:
// GoMLX 0.28.8 takes a wrong gradient through a convolution with an even kernel.
// (In an ONNX model the normalising pass rewrites such a convolution.)
func (m *gomlxModel) refuseWrongGradients(b Built) {
	stop := map[*Node]bool{}
	for _, c := range b.Cuts {
		stop[c.Node] = true
	}
	for _, out := range b.Outputs {
		for n := range ancestors(out, stop) {
			if n.Type() != NodeTypeConvGeneral || stop[n] || n.Rank() != 4 {
				continue
			}
			k := n.Inputs()[1].Shape().Dimensions // [h, w, in, out]
			if m.card.Layout == imgio.ChannelsFirst {
				k = k[2:] // [in, out, h, w]
			}
			if k[0]%2 == 0 || k[1]%2 == 0 {
				exceptions.Panicf("model %s: the gradient through its convolution with the even kernel %d x %d would be wrong in this version of GoMLX; use an odd kernel, or explain at a layer after it", m.card.Name, k[0], k[1])
			}
		}
	}
}

// ancestors is every node that the given one depends on, itself included, not
// going beyond the nodes to stop at.
func ancestors(n *Node, stop map[*Node]bool) map[*Node]bool {
	seen := map[*Node]bool{}
	todo := []*Node{n}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		if !stop[n] {
			todo = append(todo, n.Inputs()...)
		}
	}
	return seen
}
