package engine

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// program is a compiled plan: forward pass, scores, gradients at all layers, all
// methods, ReLU and resize in one graph.
type program struct {
	exec    *model.Exec
	backend *backend
}

// explained is the graph of a plan.
type explained struct {
	output *Node // the model's first output
	aims   []explainedAim
}

type explainedAim struct {
	score, index *Node // [batch]
	layers       []explainedLayer
}

type explainedLayer struct {
	act, grad *Node // [batch, h, w, channels]
	maps      []explainedMap
}

type explainedMap struct {
	raw  *Node // [batch, h, w], signed, at the layer's resolution
	full *Node // [batch, H, W] of the model's input, positive part
}

// build makes the graph of a plan. inputs are the model's input and then, for
// each aim, its index where it has no rank and its mask where it takes one.
//
// The score of the batch is the sum over its pictures, so the gradient at a layer
// holds every picture's own, since pictures do not mix at inference.
func (p plan) build(m source.Model, scope *model.Scope, inputs []*Node) explained {
	x, rest := inputs[0], inputs[1:]
	built := m.Build(scope, x, p.cuts(), p.wants(m.Card()))
	nodes := make([]*Node, len(built.Cuts))
	for i, c := range built.Cuts {
		nodes[i] = c.Node
	}
	height, width := p.picture(m.Card().Layout)
	e := explained{output: built.Outputs[m.Card().Outputs[0]]}
	for _, a := range p.aims {
		n := a.params()
		score, index := a.score(built.Outputs, rest[:n], p.size(m.Card().Layout))
		rest = rest[n:]
		aim := explainedAim{score: score, index: index}
		if len(p.methods) == 0 {
			e.aims = append(e.aims, aim)
			continue
		}
		for i, g := range Gradient(ReduceAllSum(score), nodes...) {
			c := built.Cuts[i]
			l := explainedLayer{act: c.Grid(c.Node), grad: c.Grid(g)}
			for _, method := range p.methods {
				raw := method.Map(l.act, l.grad)
				full := cam.Resize(Max(raw, ZerosLike(raw)), height, width)
				l.maps = append(l.maps, explainedMap{raw, full})
			}
			aim.layers = append(aim.layers, l)
		}
		e.aims = append(e.aims, aim)
	}
	return e
}

func (p plan) cuts() []string {
	if len(p.methods) == 0 {
		return nil
	}
	var names []string
	for _, l := range p.layers {
		names = append(names, l.Name)
	}
	return names
}

// wants is the model's first output and every tensor that an aim reads.
func (p plan) wants(c source.Card) []string {
	names := []string{c.Outputs[0]}
	seen := map[string]bool{names[0]: true}
	for _, a := range p.aims {
		for _, name := range a.wants() {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// params is the number of the aim's inputs of the program.
func (a aim) params() int {
	switch {
	case a.box != nil:
		return a.box.params()
	case a.kind.Masked:
		return 2
	case a.rank > 0:
		return 0
	}
	return 1
}

// score is the aim's score and index, [batch] each, of the model's outputs, with the
// nodes of its parameters.
func (a aim) score(outputs map[string]*Node, params []*Node, picture [2]int) (score, index *Node) {
	if a.box != nil {
		return a.box.score(outputs, params, picture), params[0]
	}
	out := outputs[a.tensor]
	if a.rank > 0 {
		index = target.Rank(out, a.rank)
	} else {
		index = params[0]
	}
	var mask *Node
	if a.kind.Masked {
		mask = params[1]
	}
	return a.kind.Score(out, index, mask), index
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

// outputs lists the nodes that the program hands back.
func (e explained) outputs() []*Node {
	out := []*Node{e.output}
	for _, a := range e.aims {
		out = append(out, a.score, a.index)
		for _, l := range a.layers {
			for _, m := range l.maps {
				out = append(out, m.raw, m.full)
			}
		}
	}
	return out
}

func compile(b *backend, m source.Model, p plan) (*program, error) {
	exec, err := model.NewExec(b.Backend, m.Store(), func(scope *model.Scope, inputs []*Node) []*Node {
		return p.build(m, scope, inputs).outputs()
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the program: %w", root(err))
	}
	return &program{exec, b}, nil
}

// arguments are the program's inputs.
func (p plan) arguments(values []float32) []any {
	args := []any{tensors.FromFlatDataAndDimensions(values, p.input...)}
	for _, a := range p.aims {
		if a.box != nil {
			for _, t := range a.box.arguments(0, p.input[0]) {
				args = append(args, t)
			}
			continue
		}
		if a.rank == 0 {
			args = append(args, tensors.FromFlatDataAndDimensions(a.index, len(a.index)))
		}
		if a.kind.Masked {
			args = append(args, tensors.FromFlatDataAndDimensions(a.mask, p.input[0], a.size[0], a.size[1]))
		}
	}
	return args
}

// run calls the program and returns its outputs' values in the order of
// [explained.outputs].
func (p *program) run(values []float32, now plan) ([]*tensors.Tensor, error) {
	giveBack, err := borrow(p.exec.Store(), p.backend)
	if err != nil {
		return nil, err
	}
	args := now.arguments(values)
	out, err := p.exec.Call(args...)
	for _, a := range args {
		a.(*tensors.Tensor).MustFinalizeAll()
	}
	if back := giveBack(); err == nil {
		err = back
	}
	return out, err
}
