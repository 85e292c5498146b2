// Package walk reads a model that was built with GoMLX from the nodes of its graph: which nodes are layers, what they
// are called, and what their axes stand for. The graph function need not name anything: a layer is named after the
// scope of its variables.
package walk

import (
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Place is a node of a model, seen as a layer.
type Place struct {
	Name  string   // as users write it: "block1/conv/relu"
	Paths []string // scopes that end with it: no later place lies in them
	Op    string   // its operator in the words of ONNX: "Conv", "Relu", "Add"
	Node  *Node    // node of the graph that holds its value
	Named bool     // the name is an alias that the graph function set

	Layout Layout // the node as a map of the picture

	From []*Place // the places that it reads

	scope  string // scope of the variables that it, or the last place before it, reads
	form   form
	reads  map[string]bool // paths of variables
	ops    map[NodeType]bool
	last   NodeType   // the last operator
	noted  []NodeType // other operators, such as the sum in a softmax, that count if the function goes on
	enter  *Node      // input of the first node of a module, if it depends on the picture
	closed bool       // another place reads it
	before []bool     // the places that it depends on, itself included, by their number
	number int
}

// form is how a place came about.
type form int

const (
	start  form = iota // the picture
	module             // it reads variables, or weights that are constants
	single             // a function of one place: ReLU, softmax, a scale
	pool
	window  // a pooling that is written as slices
	reduced // the largest, or the sum or mean, of some axes, if a map remains
	joined  // it joins several places
	named   // the graph function set an alias; what follows begins anew
)

// Walk is a graph that has been read.
type Walk struct {
	Places []*Place // in the order of execution

	picture  *Node
	beside   []*Node
	isVolume bool
	raw      map[*Node]bool            // nodes that depend on the picture through no convolution, pooling or product
	first    *Node                     // first convolution or pooling of the picture; nil if there is none
	sees     map[*Node]bool            // nodes that depend on the picture
	weights  map[*Node]map[string]bool // for nodes that do not depend on the picture: the variables that they are made of
	home     map[*Node]*Place
	trace    tracer
	within   map[*Node]NodeType // see reducedWithin
	scopes   map[string]int     // number of variables in every scope
}

// Picture is the input of a graph, and the order of its axes.
type Picture struct {
	Node         *Node // input of the graph
	ChannelsLast bool  // its axes are [batch, h, w, channels]
	Slices       int   // of a volume, which lie one below another in h; 0 of a picture

	Beside []*Node // other inputs, with a row for each picture
}

// axes returns what the axes of the picture stand for.
func (p Picture) axes() axes {
	dims := p.Node.Shape().Dimensions
	c, h, w := 1, 2, 3
	if p.ChannelsLast {
		c, h, w = 3, 1, 2
	}
	out := make(axes, len(dims))
	out[0], out[c] = plainAxis(batch, dims[0]), plainAxis(channels, dims[c])
	out[h], out[w] = plainAxis(height, dims[h]), plainAxis(width, dims[w])
	switch {
	case p.Slices > 0:
		out[h] = axis{{kind: depth, size: p.Slices}, {kind: height, size: dims[h] / p.Slices}}
	case dims[h] == 1:
		out[w] = plainAxis(samples, dims[w])
	}
	return out
}

// Read reads the graph of a model: all nodes that the outputs depend on.
func Read(picture Picture, outputs ...*Node) *Walk {
	nodes := sortNodes(outputs...)
	w := &Walk{
		picture: picture.Node, beside: picture.Beside, isVolume: picture.Slices > 0,
		raw: map[*Node]bool{picture.Node: true}, sees: map[*Node]bool{picture.Node: true},
		weights: map[*Node]map[string]bool{}, home: map[*Node]*Place{}, scopes: scopesOf(nodes),
		trace: tracer{map[*Node]axes{picture.Node: picture.axes()}}, within: reducedWithin(nodes),
	}
	w.home[picture.Node] = &Place{Node: picture.Node, form: start}
	for _, n := range nodes {
		w.read(n)
	}
	w.Places = w.dropInner(nodes)
	slices.SortStableFunc(w.Places, func(a, b *Place) int { return int(a.Node.Id()) - int(b.Node.Id()) })
	for _, p := range w.Places {
		p.Layout = w.Layout(p.Node)
	}
	w.name()
	return w
}

// Layout returns how a node is a map of the picture. In a map of a volume without slices, all were brought together.
// Several views of a picture that follow each other in the batch are no one map.
func (w *Walk) Layout(n *Node) Layout {
	l := w.trace.of[n].layout()
	if !l.Map() || n.Shape().Dim(l.order[0]) != l.frames*w.picture.Shape().Dim(0) {
		return Layout{}
	}
	if w.isVolume && l.Slices == 0 {
		l.Slices = 1
	}
	return l
}

// IsLost tells whether nothing is known of a node's axes.
func (w *Walk) IsLost(n *Node) bool {
	return !slices.ContainsFunc(w.trace.of[n], axis.isKnown)
}

// Names returns the other names of a layer: the scopes that end with it, and its name with or without the leading
// slash.
func (p *Place) Names() []string {
	out := slices.Clone(p.Paths)
	if p.Named {
		return append(out, strings.TrimPrefix(p.Name, "/"))
	}
	return append(out, "/"+p.Name)
}

// Origins returns the names of the layers that it reads.
func (p *Place) Origins() []string {
	var out []string
	for _, from := range p.From {
		out = append(out, from.Name)
	}
	return out
}

// Home returns the place of a node that depends on the picture.
func (w *Walk) Home(n *Node) *Place { return w.home[n] }

// Sees tells whether a node depends on the picture.
func (w *Walk) Sees(n *Node) bool { return w.sees[n] }

// sortNodes returns the nodes that the ends depend on, in the order of execution.
func sortNodes(ends ...*Node) []*Node {
	seen := map[*Node]bool{}
	var out []*Node
	todo := slices.Clone(ends)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
			todo = append(todo, n.Inputs()...)
		}
	}
	slices.SortFunc(out, func(a, b *Node) int { return int(a.Id()) - int(b.Id()) })
	return out
}

// read finds out what a node is. Its inputs must have been read before.
func (w *Walk) read(n *Node) {
	if n == w.picture {
		return
	}
	var homes []*Place
	reads := map[string]bool{}
	for _, in := range n.Inputs() {
		if w.sees[in] {
			if h := w.home[in]; !slices.Contains(homes, h) {
				homes = append(homes, h)
			}
			continue
		}
		for v := range w.weights[in] {
			reads[v] = true
		}
	}
	if len(homes) == 0 {
		if v, ok := variable(n); ok {
			reads[v] = true
		}
		w.weights[n] = reads
		return
	}
	w.sees[n] = true
	w.trace.add(n)
	w.findFirst(n)
	p := w.place(n, homes, reads)
	w.home[n] = p
	for _, h := range homes {
		h.closed = h.closed || h != p
	}
	w.honourAlias(n)
}

// variable returns the path of the weights that a node is, which may be whole numbers. The state of random numbers is
// none.
func variable(n *Node) (string, bool) {
	if n.Type() != NodeTypeParameter {
		return "", false
	}
	name := n.GetParameterName()
	return name, strings.HasPrefix(name, model.RootScopePath) && name != model.RootScopePath+model.RNGStateVariableName
}

// honourAlias makes a layer of a node that has an alias.
func (w *Walk) honourAlias(n *Node) {
	alias := aliasOf(n)
	if alias == "" || len(alias) > 1 && alias[1] == 0 { // or an alias of the engine
		return
	}
	p := w.home[n]
	if p.Node != n { // the node only moves values, which is no layer otherwise
		p = w.addPlace(n, &Place{scope: p.scope, From: []*Place{p}})
		w.home[n] = p
	}
	p.form, p.Named, p.Name = named, true, alias
}

// place returns the place of a node, which may be a new one.
func (w *Walk) place(n *Node, homes []*Place, reads map[string]bool) *Place {
	last := homes[0]
	for _, h := range homes {
		if h.Node.Id() > last.Node.Id() {
			last = h
		}
	}
	moved := moves[n.Type()] && len(homes) == 1
	switch {
	case len(reads) > 0:
		return w.placeInModule(n, homes, last, w.scopeOf(reads), reads)
	case w.frozen(n, last):
		return w.placeInModule(n, homes, last, last.scope, reads)
	case w.picks(n):
		return w.addPlace(n, &Place{form: single, scope: last.scope, From: homes})
	case moved:
		return w.placeMoved(n, homes, last)
	case n.Type() == NodeTypeReduceWindow:
		return w.addPlace(n, &Place{form: pool, scope: last.scope, From: homes})
	case len(homes) == 1 && last.becomesMeanBy(n):
		return last.extend(n)
	}
	if w.slides(n, homes, last) {
		if last.form == window {
			return last.extend(n)
		}
		return w.addPlace(n, &Place{form: window, scope: last.scope, From: homes})
	}
	return w.continuePlace(n, homes, last)
}

// placeMoved returns the place of a node that only moves values, or reduces them.
func (w *Walk) placeMoved(n *Node, homes []*Place, last *Place) *Place {
	switch {
	case w.reduces(n):
		return w.addPlace(n, &Place{form: reduced, scope: last.scope, From: homes})
	case w.unfolds(n, last):
		last.Node = n
	default:
		last.note(n)
	}
	return last
}

// continuePlace returns the place of a node that has no weights and moves nothing. The node continues the place of its
// inputs, or joins several.
func (w *Walk) continuePlace(n *Node, homes []*Place, last *Place) *Place {
	of, ok := commonPlace(homes, last)
	switch {
	case !ok:
		return w.addPlace(n, &Place{form: joined, scope: w.branchScope(homes, last), From: homes})
	case n.Shape().Size() != of.Node.Shape().Size() && !w.isHalf(n, last) && !scrambles[n.Type()]:
		// It is a mean, or is computed from one.
		last.note(n)
		return last
	case of != last && n.Shape().Size() == last.Node.Shape().Size() && !beginsNorm(n, last) && !scrambles[n.Type()] &&
		!w.weighs(n, last):
		return last.extend(n)
	}
	return w.addPlace(n, &Place{form: single, scope: last.scope, From: []*Place{last}})
}

// scrambles are the operators after which a value is no longer where it was.
var scrambles = map[NodeType]bool{NodeTypeSort: true, NodeTypeSplitNode: true, NodeTypeWhile: true, NodeTypeIf: true,
	NodeTypeCall: true}

// isHalf tells whether a node is a map of some channels of a place, such as one half of a gated linear unit.
func (w *Walk) isHalf(n *Node, of *Place) bool {
	a, b := w.Layout(n), w.Layout(of.Node)
	return a.Map() && a.Rows == b.Rows && a.Columns == b.Columns && a.Channels > 1
}

// moves are the operators that only move values, or leave some out.
var moves = map[NodeType]bool{
	NodeTypeReshape: true, NodeTypeDynamicReshape: true, NodeTypeTranspose: true, NodeTypeBroadcastInDim: true,
	NodeTypeSlice: true, NodeTypePad: true, NodeTypeConvertDType: true, NodeTypeIdentity: true, NodeTypeReverse: true,
	NodeTypeGather: true, NodeTypeReduceSum: true, NodeTypeReduceMax: true, NodeTypeReduceMin: true,
	NodeTypeDynamicDimensionSize: true, NodeTypeDynamicShape: true, NodeTypeGreaterOrEqual: true,
	NodeTypeGreaterThan: true, NodeTypeLessThan: true, NodeTypeLessOrEqual: true, NodeTypeEqual: true,
	NodeTypeDynamicSlice: true, NodeTypeOptimizationBarrier: true,
}

// learned are the operators that apply the weights of a layer.
var learned = map[NodeType]bool{NodeTypeConvGeneral: true, NodeTypeDotGeneral: true}

// scales are the operators that turn a sum pool into a mean pool.
var scales = map[NodeType]bool{NodeTypeMul: true, NodeTypeDiv: true}

// becomesMeanBy tells whether a node turns the place, a sum or a sum pool, into a mean.
func (p *Place) becomesMeanBy(n *Node) bool {
	return (p.form == pool || p.form == reduced) && !p.closed && scales[n.Type()] && n.Shape().Equal(p.Node.Shape())
}

// commonPlace returns the place that all homes are, or that they are unfinished functions of; ok is false if they
// differ.
func commonPlace(homes []*Place, last *Place) (of *Place, ok bool) {
	of = last
	if last.form == single && !last.closed {
		of = last.From[0]
	}
	for _, h := range homes {
		if h != of && h != last {
			return nil, false
		}
	}
	return of, true
}

// placeInModule returns the place of a node that reads variables of a scope, or weights that are constants. A bias or a
// scale continues the layer before it if the scope is the same. A convolution or a product begins a new layer.
func (w *Walk) placeInModule(n *Node, homes []*Place, last *Place, scope string, reads map[string]bool) *Place {
	again := slices.ContainsFunc(keys(reads), func(v string) bool { return last.reads[v] })
	if !learned[n.Type()] && len(homes) == 1 && last.form == module && last.scope == scope && !again && !last.closed {
		for v := range reads {
			last.reads[v] = true
		}
		return last.extend(n)
	}
	p := &Place{form: module, scope: scope, From: homes, reads: reads}
	for _, in := range n.Inputs() {
		if w.sees[in] {
			p.enter = in
		}
	}
	return w.addPlace(n, p)
}

func (w *Walk) addPlace(n *Node, p *Place) *Place {
	p.ops, p.number = map[NodeType]bool{}, len(w.Places)
	p.before = make([]bool, p.number+1)
	p.before[p.number] = true
	for _, from := range p.From {
		for i, b := range from.before {
			p.before[i] = p.before[i] || b
		}
	}
	w.Places = append(w.Places, p)
	return p.extend(n)
}

// note remembers an operator within a function that does not end it. It counts only if the function goes on: a mean
// after a clip does not turn the clip into another function.
func (p *Place) note(n *Node) {
	if p.form == single && !p.closed {
		p.noted = append(p.noted, n.Type())
	}
}

// extend makes a node the end of the place.
func (p *Place) extend(n *Node) *Place {
	p.Node, p.last = n, n.Type()
	if _, relu := IsRelu(n); relu {
		p.last = NodeTypeMax // also if it is written as a selection
	}
	for _, t := range append(p.noted, p.last) {
		p.ops[t] = true
	}
	p.noted = nil
	return p
}
