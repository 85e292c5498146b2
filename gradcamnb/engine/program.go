package engine

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/trim"
)

// program is a compiled plan: forward pass, scores, gradients at all layers, all
// methods, ReLU and resize in one graph.
type program struct {
	exec    *model.Exec
	backend *backend
	passes  atomic.Int64
}

// build makes the graph of a plan. inputs are the model's input and then, for
// each aim, its index and what it takes beside it.
//
// The score of the batch is the sum over its pictures, so the gradient at a layer
// holds every picture's own, since pictures do not mix at inference.
func (p plan) build(m source.Model, scope *model.Scope, inputs []*Node) *explained[*Node] {
	x, rest := inputs[0], inputs[1:]
	cuts, wants := p.cuts(), p.wants()
	built := m.Build(scope, x, cuts, wants)
	e := &explained[*Node]{output: p.first.of(built.Outputs[p.first.tensor])}
	var guided map[string]*Node // the model once more, with the guided rule
	if p.guides() {
		guided = buildGuided(m, scope, x, wants)
	}
	for _, a := range p.aims {
		var given params[*Node]
		given, rest = unpackParams(a, rest)
		s := scene{plan: p, model: m, cuts: cuts, built: built, x: x, slopes: map[string][]*Node{}}
		s.score, s.index = a.score(built.Outputs, given, p.size(m.Card().Layout))
		if a.box == nil {
			s.output = a.read.of(built.Outputs[a.Tensors[0]])
		}
		if guided != nil {
			score, _ := a.score(guided, given, p.size(m.Card().Layout))
			s.guided = Gradient(ReduceAllSum(score), x)[0]
		}
		one := s.explain()
		if a.hasHead(p.first.tensor) {
			one.head = []*Node{s.output}
		}
		e.aims = append(e.aims, one)
	}
	return e
}

func buildGuided(m source.Model, scope *model.Scope, x *Node, wants []string) map[string]*Node {
	parts, ok := m.(source.Guidable)
	if !ok {
		exceptions.Panicf("model %s: guided backpropagation changes the gradient of the model's ReLUs, which are out of reach in it; take Saliency, SmoothGrad or Input x gradient", m.Card().Name)
	}
	return parts.BuildGuided(scope, x, wants, func(_, g *Node) *Node { return Max(g, ZerosLike(g)) })
}

// scene is one aim in the graph of a plan.
type scene struct {
	plan          plan
	model         source.Model
	cuts          []string
	built         source.Built
	x             *Node
	score, output *Node
	index         *Node
	guided        *Node              // gradient at the picture by the guided rule
	slopes        map[string][]*Node // gradients at the cuts, by the score that they are of; "" is the aim's own
}

// explain makes the maps of all methods.
func (s scene) explain() explainedAim[*Node] {
	out := explainedAim[*Node]{score: s.score, index: s.index}
	atLayer, atPicture := split(s.plan.leaves())
	height, width := s.plan.picture(s.model.Card().Layout)
	mapOf := func(raw *Node) explainedMap[*Node] {
		none := Zeros(raw.Graph(), shapes.Make(raw.DType(), raw.Shape().Dim(0)))
		return explainedMap[*Node]{raw, cam.Resize(Max(raw, ZerosLike(raw)), height, width), none}
	}
	for i := range s.plan.layers {
		if len(atLayer) == 0 {
			break
		}
		at := s.at(i, "")
		l := explainedLayer[*Node]{act: at.Act, grad: at.Grad}
		for _, leaf := range atLayer {
			here := at
			if r, ok := leaf.how.(cam.Retargeted); ok {
				here = s.at(i, r.Target)
			}
			raw, _ := cam.AtLayer(leaf.how, here)
			m := mapOf(raw)
			if gross, ok := cam.Gross(leaf.how, here); ok {
				m.gross = ReduceMax(gross, 1, 2)
			}
			l.maps = append(l.maps, m)
		}
		out.layers = append(out.layers, l)
	}
	for _, leaf := range atPicture {
		out.picture = append(out.picture, mapOf(s.ofPicture(leaf)))
	}
	return out
}

// ofPicture is the map of a method that has no layer of its own.
func (s scene) ofPicture(l leaf) *Node {
	picture := s.at(s.cut(source.Picture), "")
	switch how := l.how.(type) {
	case cam.Guided:
		picture.Grad = picture.Grid(s.guided)
		return how(picture)
	case cam.Across:
		var layers []cam.At
		for _, name := range s.plan.across[l.name] {
			layers = append(layers, s.at(s.cut(name), ""))
		}
		return how.Map(picture, layers)
	case cam.Pixels:
		return how(picture)
	}
	exceptions.Panicf("%s is no method of one pass at the picture", l.name)
	return nil
}

func (s scene) cut(name string) int { return slices.Index(s.cuts, name) }

// at is what a method sees at a cut, for the aim's own score or for another of its class.
func (s scene) at(cut int, retarget string) cam.At {
	score := s.score
	if retarget != "" {
		kind, err := target.ByName(retarget)
		if err != nil {
			panic(err)
		}
		score = kind.Score(s.output, s.index, nil)
	}
	if s.slopes[retarget] == nil {
		nodes := make([]*Node, len(s.built.Cuts))
		for i, c := range s.built.Cuts {
			nodes[i] = c.Node
		}
		s.slopes[retarget] = Gradient(ReduceAllSum(score), nodes...)
	}
	c := s.built.Cuts[cut]
	tokens := c.Tokens
	if tokens == nil {
		height, width := s.plan.picture(s.model.Card().Layout)
		tokens = func(n *Node) *Node { return source.Tokens(n, [2]int{height, width}) }
	}
	return cam.At{
		Act: c.Grid(c.Node), Grad: c.Grid(s.slopes[retarget][cut]), Score: score, Output: s.output, Index: s.index,
		Node: c.Node, Grid: c.Grid, Bias: c.Bias, Name: s.cuts[cut],
		Tokens: tokens,
	}
}

// guides tells whether a method takes the guided rule's gradient.
func (p plan) guides() bool {
	return slices.ContainsFunc(p.leaves(), func(l leaf) bool { _, ok := l.how.(cam.Guided); return ok })
}

// cuts are the plan's layers, as far as a method makes a map there, and then what the
// other methods look at: the picture, and layers across the model.
func (p plan) cuts() []string {
	atLayer, atPicture := split(p.leaves())
	var names []string
	if len(atLayer) > 0 {
		for _, l := range p.layers {
			names = append(names, l.Name)
		}
	}
	if len(atPicture) > 0 {
		names = append(names, source.Picture)
	}
	for _, l := range atPicture {
		for _, name := range p.across[l.name] {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// places names the cuts for a person.
func (p plan) places() string {
	names := p.cuts()
	if at := slices.Index(names, source.Picture); at >= 0 {
		names[at] = "the picture"
	}
	return strings.Join(names, ", ")
}

// wants is what the best classes are listed of and every tensor that an aim reads.
func (p plan) wants() []string {
	names := []string{p.first.tensor}
	for _, a := range p.aims {
		for _, name := range a.wants() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// ranked stands for an index where the program picks the class by its rank.
const ranked = -1

// score is the aim's score and index, [batch] each, of the model's outputs, with the
// nodes of its parameters: the index that is given, or where that is [ranked] the index
// of the rank-th best class. So the next class does not compile again.
func (a aim) score(outputs map[string]*Node, given params[*Node], picture [2]int) (score, index *Node) {
	if a.box != nil {
		return a.box.score(outputs, given, picture), given.index
	}
	index = given.index
	if a.rank > 0 {
		index = Where(LessThan(index, ScalarZero(index.Graph(), index.DType())), target.Rank(a.read.of(outputs[a.Tensors[0]]), a.rank), index)
	}
	if a.fn == nil {
		return a.scored.Score(a.read.of(outputs[a.Tensors[0]]), index, given.beside), index
	}
	var read []*Node
	for _, name := range a.Tensors {
		read = append(read, outputs[name])
	}
	return a.fn(read), index
}

// picture is the height and width of the model's input.
func (p plan) picture(layout imgio.Layout) (height, width int) {
	if layout == imgio.ChannelsLast {
		return p.input[1], p.input[2]
	}
	return p.input[2], p.input[3]
}

// size is [height, width] of the model's input.
func (p plan) size(layout imgio.Layout) [2]int {
	h, w := p.picture(layout)
	return [2]int{h, w}
}

// arguments are the program's inputs. The picture is copied once, to where the backend
// reads it.
func (p plan) arguments(b *backend, values []float32) ([]any, error) {
	picture, err := tensors.FromRaw(b.Backend, 0, shapes.Make(dtypes.Float32, p.input...), dtypes.UnsafeByteSliceFromAny(values))
	if err != nil {
		return nil, err
	}
	args := []any{picture}
	for _, a := range p.aims {
		given := a.arguments(p.input[0])
		args = append(args, asArguments(given.pack(a))...)
	}
	return args, nil
}

// arguments are the program's arguments of the aim, of a batch.
func (a aim) arguments(batch int) params[*tensors.Tensor] {
	if a.box != nil {
		return a.box.arguments(0, batch)
	}
	index := a.Index
	if index == nil {
		index = slices.Repeat([]int32{ranked}, batch)
	}
	out := params[*tensors.Tensor]{index: tensors.FromFlatDataAndDimensions(index, len(index))}
	if takesBeside(a.scored) {
		out.beside = tensors.FromFlatDataAndDimensions(a.Beside, a.besideDims(batch)...)
	}
	return out
}

// run calls the program and returns its outputs' values in the order of
// [explained.pack]. beside are the values of the model's inputs beside the picture.
func (p *program) run(beside []*tensors.Tensor, values []float32, now plan) ([]*tensors.Tensor, error) {
	args, err := now.arguments(p.backend, values)
	if err != nil {
		return nil, err
	}
	return p.call(append(asArguments(beside), args...))
}

func asArguments(ts []*tensors.Tensor) []any {
	var args []any
	for _, t := range ts {
		args = append(args, t)
	}
	return args
}

// passesBetweenTrims is after how many passes memory that the C library keeps is given
// back: seldom enough to cost nothing, often enough that a long run needs no more memory
// than a short one.
const passesBetweenTrims = 32

// pass runs the program once. What compiling left behind is given back before the second
// time, not after the first, which is often the only one.
func (p *program) pass(args []any) (out []*tensors.Tensor, err error) {
	if n := p.passes.Add(1); n == 2 || n%passesBetweenTrims == 0 {
		trim.Memory()
	}
	if failed := exceptions.TryCatch[error](func() { out, err = p.exec.Call(args...) }); failed != nil {
		return nil, failed // GoMLX panics if a trainer beside us has a variable in its hands
	}
	return out, err
}

// call calls the program with tensors that nobody needs afterwards.
func (p *program) call(args []any) ([]*tensors.Tensor, error) {
	giveBack, err := device.Borrow(p.exec.Store(), p.backend)
	if err != nil {
		return nil, err
	}
	out, err := p.pass(args)
	for _, a := range args {
		a.(*tensors.Tensor).MustFinalizeAll()
	}
	if back := giveBack(); err == nil {
		err = back
	}
	return out, err
}
