package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
	"github.com/gradcam-go/gradcam/internal/completed"
)

// pureGo is the backend that layers are listed on unless [ListOn] sets another.
var pureGo = sync.OnceValues(func() (compute.Backend, error) { return completed.Backend(gobackend.GetBackend()), nil })

// ListOn makes a GoMLX model list its layers on the backend that explains it, which may have operators that others
// lack. on is called when the backend is first needed.
func ListOn(m Model, on func() (compute.Backend, error)) {
	if m, ok := m.(*gomlxModel); ok {
		m.listed.mu.Lock()
		defer m.listed.mu.Unlock()
		m.listed.on = on
	}
}

// GraphName returns the name of the graphs that a GoMLX model is built in, which have no fused operators; ok is false
// for other models.
func GraphName(m Model) (name string, ok bool) {
	if _, ok := m.(*gomlxModel); !ok {
		return "", false
	}
	return completed.PlainPrefix + m.Card().Name, true
}

// listings hold what was found out about a model, by the shape of its input.
type listings struct {
	mu   sync.Mutex
	on   func() (compute.Backend, error)
	of   map[string]*listing
	kind dtypes.DType // the type that the graph function takes; zero before it was called

	doubt atomic.Pointer[string] // what is strange about the weights; nil if nothing is
}

// listing holds the layers of a model for one shape of its input.
type listing struct {
	layers  []Layer
	feeds   []map[string]bool    // for each layer, the layers that it depends on, itself included
	answer  []map[string]bool    // of those, the ones that become the layer without anything learned in between
	endings map[string]Ending    // of the layers
	reads   map[string]firstRead // of the variables, by path

	gradientless []gradientless
	mixing       error // the pictures of a batch are brought together; nil if they are not
}

// firstRead is where the graph function first reads a variable.
type firstRead struct {
	line  string
	place int // among the graph's nodes
}

// locateVariable returns where the graph function first reads a variable; ok is false if it does not.
func (l *listings) locateVariable(path string) (at firstRead, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.of {
		if at, ok := one.reads[path]; ok {
			return at, true
		}
	}
	return firstRead{}, false
}

// kindOrFloat32 returns the type in which the graph function gets the picture.
func (l *listings) kindOrFloat32() dtypes.DType {
	if l.kind == dtypes.InvalidDType {
		return dtypes.Float32
	}
	return l.kind
}

// Layers implements [Model]. It builds the graph once for every shape of the input, and runs nothing.
func (m *gomlxModel) Layers(ctx context.Context, input []int, output string) ([]Layer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if output == "" {
		output = m.card.Outputs[0]
	}
	l, err := m.list(input)
	if err != nil {
		return nil, err
	}
	layers := slices.Clone(l.layers)
	at := slices.IndexFunc(layers, func(l Layer) bool { return l.Name == output || slices.Contains(l.paths, output) })
	if at < 0 {
		return nil, fmt.Errorf("model %s has no output and no layer %q", m.card.Name, output)
	}
	for i := range layers {
		layers[i].Feeds, layers[i].answer = l.feeds[at][layers[i].Name], l.answer[at][layers[i].Name]
	}
	markUpright(layers, plane(m.card.Layout.Size(input), m.card.Slices))
	suggest(layers)
	return layers, nil
}

// list returns the listing for an input, and makes it if there is none.
func (m *gomlxModel) list(input []int) (l *listing, err error) {
	m.listed.mu.Lock()
	defer m.listed.mu.Unlock()
	key := fmt.Sprint(input, m.key)
	if l, ok := m.listed.of[key]; ok {
		return l, nil
	}
	on, err := m.listed.on()
	if err != nil {
		return nil, err
	}
	for _, kind := range m.kinds() {
		m.listed.kind = kind
		var failed error
		l, failed = m.listAs(on, input)
		if failed == nil {
			m.listed.of[key] = l
			return l, nil
		}
		if err == nil { // the error of the first try counts
			err = failed
		}
	}
	m.listed.kind = dtypes.InvalidDType
	return nil, err
}

// kinds returns the types in which the graph function may take a picture, in the order to try: float32, then the other
// floating-point types of its variables. Once one has worked, it is the only one.
func (m *gomlxModel) kinds() []dtypes.DType {
	if m.listed.kind != dtypes.InvalidDType {
		return []dtypes.DType{m.listed.kind}
	}
	out := []dtypes.DType{dtypes.Float32}
	for v := range m.store.IterVariables() {
		if v.DType().IsFloat() && !slices.Contains(out, v.DType()) {
			out = append(out, v.DType())
		}
	}
	return out
}

// listAs lists the layers, with the picture in the type that is set.
func (m *gomlxModel) listAs(on compute.Backend, input []int) (l *listing, err error) {
	err = exceptions.TryCatch[error](func() {
		g := NewGraph(on, completed.PlainPrefix+m.card.Name)
		defer g.Finalize()
		g.SetTraced(true)
		model.SetStore(g, m.store)
		x := Parameter(g, "picture", shapes.Make(dtypes.Float32, input...))
		l = m.listWalk(m.walk(m.store.RootScope(), x), x)
	})
	return l, err
}

// listWalk makes layers of the places of a graph. The output comes last, in place of the layer that it is.
func (m *gomlxModel) listWalk(w walkedModel, x *Node) *listing {
	l := &listing{reads: map[string]firstRead{}, endings: map[string]Ending{}}
	for i, n := range x.Graph().Nodes() {
		if n.Type() == NodeTypeParameter && strings.HasPrefix(n.GetParameterName(), model.RootScopePath) {
			l.reads[n.GetParameterName()] = firstRead{line: m.by.lineFor(n), place: i}
		}
	}
	nodes := []*Node{}
	add := func(layer Layer, n *Node) {
		layer.Shape, layer.Made, layer.Scope = shapeOf(n, x), m.by.lineFor(n), lastScope(n.Graph(), n)
		if layer.WithoutPicture = !w.Sees(n); !layer.WithoutPicture {
			lay := m.layout(w, n, x)
			layer.Axes, layer.Grid, layer.Channels = lay.ToPosition(), [2]int{lay.Rows, lay.Columns}, lay.Channels
			layer.Slices = lay.Slices
		}
		l.layers, nodes = append(l.layers, layer), append(nodes, n)
	}
	ends := map[*Node]*walk.Place{}
	for _, p := range w.Places {
		ends[p.Node] = p
		if !p.Named && slices.ContainsFunc(m.card.Outputs, func(name string) bool { return w.outputs[name] == p.Node }) {
			continue
		}
		add(Layer{Name: p.Name, Op: p.Op, Bias: w.HasBias(p), paths: p.Names(), inputs: p.Origins()}, p.Node)
	}
	for alias, n := range x.Graph().IterAliasedNodes() {
		if n = walk.Inferred(n); !isHidden(alias) && !w.Sees(n) {
			add(Layer{Name: alias, Op: walk.NameOf(n.Type()), paths: []string{strings.TrimPrefix(alias, "/")}}, n)
		}
	}
	for _, name := range m.card.Outputs {
		layer := Layer{Name: name, Op: walk.NameOf(w.outputs[name].Type())}
		if p := ends[w.outputs[name]]; p != nil {
			layer.Op, layer.inputs, layer.Bias = p.Op, p.Origins(), w.HasBias(p)
			if !p.Named {
				layer.paths = append(p.Names(), p.Name)
			}
		}
		add(layer, w.outputs[name])
	}
	l.connect(w.Walk, nodes)
	l.findGradientless(w, x, nodes)
	if n := w.Mixing(m.ends(w, m.card.Outputs)...); n != nil {
		l.mixing = m.errorAt(n, "graph function%s may bring the pictures of a batch together, so that the score of one depends on those beside it: explain one picture at a time", m.by.locate(n))
	}
	return l
}

// checkBatch returns an error if the graph function cannot be built for so many pictures, or if it does not look at
// each picture alone.
func (m *gomlxModel) checkBatch(input []int) error {
	if input[0] <= 1 { // a number that is no batch is refused with the other settings
		return nil
	}
	l, err := m.list(input)
	if err != nil {
		return err
	}
	return l.mixing
}

// shapeOf returns the shape of a node after [result].
func shapeOf(n, x *Node) []int {
	dims := n.Shape().Dimensions
	if len(dims) == 1 && dims[0] == x.Shape().Dim(0) {
		return []int{dims[0], 1}
	}
	return dims
}

// connect finds out how each layer's numbers end, and which layers feed which. nodes are the nodes of the layers.
func (l *listing) connect(w *walk.Walk, nodes []*Node) {
	names := map[*Node]string{}
	for i, n := range nodes {
		if names[n] == "" {
			names[n] = l.layers[i].Name
		}
	}
	for i, n := range nodes {
		l.endings[l.layers[i].Name] = endingOf(w, n, names)
	}
	for i := range nodes {
		feeds, answers := ancestors(acceptAny, nodes[i]), walk.Answers(nodes[i])
		l.feeds, l.answer = append(l.feeds, map[string]bool{}), append(l.answer, map[string]bool{})
		for k, n := range nodes {
			l.feeds[i][l.layers[k].Name] = feeds[n]
			l.answer[i][l.layers[k].Name] = answers[n]
		}
	}
}

func acceptAny(*Node) bool { return true }

// ancestors returns the given nodes and all that they depend on. It leaves out those not to follow, what only they
// need, and nil.
func ancestors(follow func(*Node) bool, of ...*Node) map[*Node]bool {
	seen := map[*Node]bool{}
	todo := slices.Clone(of)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == nil || seen[n] || !follow(n) {
			continue
		}
		seen[n] = true
		todo = append(todo, n.Inputs()...)
	}
	return seen
}
