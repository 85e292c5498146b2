package source

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine/source/vjp" // gradients that GoMLX lacks
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/fault"
)

// GraphFn builds a model: it takes a batch of pictures and returns the outputs, the model's answer first. Its layers
// are found by walking through the graph, and are named after the scopes of their variables. A name given with
// [NamedLayer] or Node.WithAlias takes precedence.
type GraphFn func(scope *model.Scope, image *Node) []*Node

// InputsFn is a [GraphFn] for a model with other inputs besides the picture. They come by name, with the types and the
// axes of the card's Inputs.
type InputsFn func(scope *model.Scope, image *Node, inputs map[string]*Node) []*Node

// gomlxModel is a model built in Go.
type gomlxModel struct {
	card  Card
	store *model.Store
	fn    InputsFn
	by    author
	given map[string]onnxnorm.GivenInput // values of the inputs besides the picture
	key   string                         // key of the given values that are built into the graph

	listed *listings
}

// GoMLX makes a model of a store of variables and the function that builds its graph. The card must have a Name and an
// Input, which is [batch, h, w, 3] or, with the Layout ChannelsFirst, [batch, 3, h, w]; of volumes and videos, [batch,
// slices, h, w, channels] or [batch, channels, slices, h, w]. Outputs names what the function returns; if it is empty,
// that is "output".
func GoMLX(c Card, store *model.Store, fn GraphFn) (Model, error) {
	if fn == nil {
		return nil, errNoFunction
	}
	if len(c.Inputs) > 0 {
		return nil, wrongCardf(c, authorOf(fn).line, "card names inputs besides the picture, %s, and its function takes none; give one that does", inputNames(c.Inputs))
	}
	return newGoMLX(c, store,
		func(scope *model.Scope, image *Node, _ map[string]*Node) []*Node { return fn(scope, image) }, authorOf(fn))
}

var errNoFunction = errors.New("a GoMLX model needs its store and its graph function")

// GoMLXWithInputs is [GoMLX] for a model with inputs besides the picture, which the card's Inputs name. An input whose
// first dimension is free, -1, has one row for each picture.
func GoMLXWithInputs(c Card, store *model.Store, fn InputsFn) (Model, error) {
	if fn == nil {
		return nil, errNoFunction
	}
	return newGoMLX(c, store, fn, authorOf(fn))
}

// newGoMLX makes the model of a function that somebody wrote.
func newGoMLX(c Card, store *model.Store, fn InputsFn, by author) (Model, error) {
	if store == nil {
		return nil, errNoFunction
	}
	c.Input, c.Name = slices.Clone(c.Input), cmp.Or(c.Name, "unnamed")
	if c.Layout == "" {
		c.Layout = imgio.ChannelsLast
	}
	if err := stackSlices(&c, by.line); err != nil {
		return nil, err
	}
	if len(c.Outputs) == 0 {
		c.Outputs = []string{"output"}
	}
	if err := checkCard(c, by.line); err != nil {
		return nil, err
	}
	c.Inputs = slices.Clone(c.Inputs)
	for i := range c.Inputs {
		in := &c.Inputs[i]
		if in.Type == "" {
			in.Type = "float32"
		}
		if _, err := dtypes.DTypeString(in.Type); err != nil {
			return nil, wrongCardf(c, by.line, "input %s has a type that GoMLX does not have", in)
		}
		in.Read, in.Batched = true, len(in.Dims) > 0 && in.Dims[0] < 0
	}
	listed := &listings{of: map[string]*listing{}, on: pureGo}
	return &gomlxModel{card: c, store: store, fn: fn, by: by, listed: listed}, nil
}

// stackSlices turns the card's Input of five axes, of a volume or a video, into that of a picture of its slices, one
// below another.
func stackSlices(c *Card, at string) error {
	switch len(c.Input) {
	case 4:
		return nil
	case volumeAxes:
	default:
		return wrongCardf(*c, at, "Input has the shape %v and must have 4 axes, [batch, height, width, channels], or 5 of a volume or a video, [batch, slices, height, width, channels]; a signal is a picture of one row, [batch, 1, length, channels], which the function gets", c.Input)
	}
	_, h, _ := c.Layout.Axes()
	n, rows := c.Input[h], c.Input[h+1]
	if n < 1 {
		return wrongCardf(*c, at, "Input has the shape %v of volumes with any number of slices: write how many yours have", c.Input)
	}
	if rows > 0 {
		rows *= n
	}
	c.Input, c.Slices = slices.Replace(c.Input, h, h+2, rows), n
	return nil
}

// unstack returns the picture as the graph function takes it: with the slices of a volume on an axis of their own.
func (m *gomlxModel) unstack(x *Node) *Node {
	x = ConvertDType(x, m.listed.kindOrFloat32())
	if m.card.Slices == 0 {
		return x
	}
	return Reshape(x, m.ownShape(x)...)
}

// ownShape returns the shape of the picture that the graph function takes.
func (m *gomlxModel) ownShape(x *Node) []int {
	c := m.card
	c.Input = x.Shape().Dimensions
	return c.OwnShape()
}

// checkCard returns an error if the card of the function at a line contradicts itself.
func checkCard(c Card, at string) error {
	for i, name := range c.Outputs {
		if slices.Contains(c.Outputs[:i], name) {
			return wrongCardf(c, at, "card names two outputs %q", name)
		}
	}
	if h, w, ok := c.Size(); ok && c.Prep != nil && c.Prep.Width > 0 && (c.Prep.Width != w || c.Prep.Height != h) {
		return wrongCardf(c, at, "card's Prep makes pictures of %d x %d pixels, width by height, and its Input %v takes %d x %d in the layout %s",
			c.Prep.Width, c.Prep.Height, c.OwnShape(), w, h, c.Layout)
	}
	if c.Prep != nil {
		if err := c.Prep.Validate(); err != nil {
			return wrongCardf(c, at, "card has a Prep that prepares no picture: %v", err)
		}
	}
	return nil
}

// wrongCardf returns an error about the card of the function at a line.
func wrongCardf(c Card, at, format string, args ...any) error {
	name := cmp.Or(c.Name, "unnamed")
	text := fmt.Sprintf("model %s: its "+format, append([]any{name}, args...)...)
	if at != "" {
		text += "; its graph function is at " + at
	}
	return &fault.FunctionError{Model: name, Line: at, Text: text}
}

func (m *gomlxModel) bind(given map[string]onnxnorm.GivenInput) Model {
	view := *m
	view.given, view.key = given, fmt.Sprint(given)
	return &view
}

// inputs returns the nodes of the inputs besides the picture.
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
			n = Zeros(x.Graph(), shapes.Make(dtypes.Float32, g.Dims...)) // only the layers are listed
		}
		nodes[in.Name] = BroadcastToDims(ConvertDType(n, kind), dims...)
	}
	return nodes
}

func (m *gomlxModel) Card() Card          { return m.card }
func (m *gomlxModel) Store() *model.Store { return m.store }

// outputs calls the graph function and names what it returns. beside are the function's other inputs with a row for
// each picture.
func (m *gomlxModel) outputs(scope *model.Scope, x *Node) (named map[string]*Node, beside []*Node) {
	before, lazy := m.variables(), m.listLazy()
	out := m.call(x, func() []*Node {
		inputs := m.inputs(x)
		for _, in := range m.card.Inputs {
			if in.Batched {
				beside = append(beside, inputs[in.Name])
			}
		}
		return m.fn(scope, m.unstack(x), inputs)
	})
	m.refuseStrayNodes(x, out)
	feeds := ancestors(acceptAny, out...)
	m.refuseMadeUp(x.Graph(), feeds, before, lazy)
	averages := m.averages(x.Graph())
	out = m.infer(x, out, averages)
	m.keepVariables(x.Graph())
	m.refuseTraining(x.Graph(), ancestors(acceptAny, out...), averages)
	if len(out) < len(m.card.Outputs) {
		m.wrongFunctionf(x.Graph(), "returns %d outputs, and %d are named: %q", len(out), len(m.card.Outputs), m.card.Outputs)
	}
	named = map[string]*Node{}
	for i, name := range m.card.Outputs {
		if out[i] == nil {
			m.wrongFunctionf(x.Graph(), "returns nil in place of its output %q", name)
		}
		named[name] = out[i]
	}
	if answer := out[0]; answer.Rank() == 0 || answer.Shape().Dim(0) != x.Shape().Dim(0) {
		m.wrongAtf(answer, "output %q%s has the shape %v and no axis of pictures, which the first one is, of %d here", m.card.Outputs[0], m.by.locate(answer), answer.Shape().Dimensions, x.Shape().Dim(0))
	}
	return named, beside
}

// walkedModel is the model in a graph, together with its layers.
type walkedModel struct {
	*walk.Walk
	by      author
	outputs map[string]*Node
}

// walkedKey is the key under which a graph keeps what was built in it.
type walkedKey struct {
	of *listings
	x  *Node
}

// walk builds the model, once for each graph, and reads it: everything that the outputs depend on, and every node that
// the graph function named.
func (m *gomlxModel) walk(scope *model.Scope, x *Node) walkedModel {
	at := walkedKey{m.listed, x}
	if w, ok := x.Graph().State(at).(walkedModel); ok {
		return w
	}
	before, kept := m.variables(), false
	defer func() {
		if !kept {
			m.forgetMade(before)
		}
	}()
	outputs, beside := m.outputs(scope, x)
	w := walkedModel{by: m.by, outputs: outputs}
	var ends []*Node
	for _, name := range m.card.Outputs {
		ends = append(ends, w.outputs[name])
	}
	for alias, n := range x.Graph().IterAliasedNodes() {
		if !isHidden(alias) {
			ends = append(ends, walk.Inferred(n))
		}
	}
	w.Walk = walk.Read(walk.Picture{Node: x, ChannelsLast: m.card.Layout == imgio.ChannelsLast,
		Slices: m.card.Slices, Beside: beside}, ends...)
	if !slices.ContainsFunc(ends, w.Sees) {
		m.wrongAtf(ends[0], "output %q%s does not depend on the picture, so nothing in it explains the output", m.card.Outputs[0], m.by.locate(ends[0]))
	}
	m.refuseMisread(w.Walk)
	m.refuseEmpty(w.Walk, ends)
	for _, p := range w.Places { // an output keeps its name, also against a scope of the same name
		if n := w.outputs[p.Name]; n != nil && n != p.Node {
			p.Name += "#layer"
		}
	}
	x.Graph().AttachState(at, w)
	kept = true
	return w
}

// isHidden tells whether an alias is one of the engine's own.
func isHidden(alias string) bool { return strings.HasPrefix(alias, "/\x00") }

// find returns a node by the name of an output, a layer or an alias.
func (m *gomlxModel) find(w walkedModel, name string) *Node {
	if n := w.outputs[name]; n != nil {
		return n
	}
	for _, p := range w.Places {
		if p.Name == name {
			return p.Node
		}
	}
	for _, n := range w.outputs {
		if n := n.Graph().GetNodeByAlias(name); n != nil {
			return walk.Inferred(n)
		}
	}
	exceptions.Panicf("model %s has no output and no layer %q", m.card.Name, name)
	return nil
}

// result returns an output in the form that everything after the model takes. An output of one number for each picture,
// [batch], becomes a list of one.
func result(n, x *Node) *Node {
	if n.Rank() == 1 && n.Shape().Dim(0) == x.Shape().Dim(0) {
		n = ExpandAxes(n, -1)
	}
	return toFloat32(n)
}

// toFloat32 returns a value as float32, the type that everything after the model takes. Integers, such as the numbers
// of classes, stay as they are.
func toFloat32(n *Node) *Node {
	if !n.DType().IsFloat() || n.DType() == dtypes.Float32 {
		return n
	}
	return ConvertDType(n, dtypes.Float32)
}

// Build implements [Model]. Weights and activations keep the model's own type; outputs and maps are float32.
func (m *gomlxModel) Build(scope *model.Scope, x *Node, cuts, wants []string) BuiltModel {
	w := m.walk(scope, x)
	built := BuiltModel{Outputs: map[string]*Node{}}
	nodes := make([]*Node, 0, len(wants)+len(cuts))
	for _, name := range slices.Concat(wants, cuts) {
		if name == Picture {
			nodes = append(nodes, x)
		} else {
			nodes = append(nodes, m.find(w, name))
		}
	}
	open := nodes
	if len(cuts) > 0 { // else no gradient is taken
		open = walk.Rebuild(nodes, nil, walk.RemoveStops(nodes...))
	}
	for i, want := range wants {
		built.Outputs[want] = result(open[i], x)
	}
	for i, cut := range cuts {
		n, node := nodes[len(wants)+i], open[len(wants)+i]
		if cut == Picture {
			built.Cuts = append(built.Cuts, Cut{Node: node, Grid: w.Layout(n).Grid})
			continue
		}
		built.Cuts = append(built.Cuts, Cut{Node: node, Bias: w.Bias(n), Grid: m.grid(w, n, x)})
	}
	return built
}

// grid returns the function that turns a layer into [batch, h, w, channels].
func (m *gomlxModel) grid(w walkedModel, n, x *Node) func(*Node) *Node {
	layout := m.layout(w, n, x)
	if a, ok := w.Attention(n); ok && !layout.Map() {
		layout = a
	}
	return func(n *Node) *Node { return toFloat32(layout.Grid(n)) }
}

// layout returns how a layer is a map: as the walk found, or else as the layer's shape alone allows, if it allows only
// one layout.
func (m *gomlxModel) layout(w walkedModel, n, x *Node) walk.Layout {
	l := w.Layout(n)
	if l.Map() || !w.IsLost(n) || m.card.Slices > 0 {
		return l
	}
	return walk.LayoutByShape(n, m.card.Layout.Size(x.Shape().Dimensions))
}
