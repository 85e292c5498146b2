package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// perturb adds the maps of the plan's forward-only methods to the results: for every
// picture, after the maps of the target that has them. Where ctx ends first the
// results have what there is so far.
func (r run) perturb(ctx context.Context) error {
	if len(r.results) > 1 && r.request.Sampling.Resume != nil {
		return fmt.Errorf("an earlier run can be resumed for one picture only, and there are %d", len(r.results))
	}
	giveBack, err := device.Borrow(r.model.Store(), r.backend)
	if err != nil {
		return err
	}
	return errors.Join(r.perturbAll(ctx), giveBack())
}

func (r run) perturbAll(ctx context.Context) error {
	p := r.plan
	listener := newListener(r.request.Progress, r.results, len(r.results)*len(p.forward))
	for i, res := range r.results {
		before := res.Maps
		var made [][]*heatmap.Map // by method
		for _, method := range p.forward {
			one := r.ofPicture(i)
			subject := one.subject(i)
			one.hosted(subject)
			repaired, err := one.takeBatch(subject)
			if err != nil {
				return err
			}
			program, end := one.programsOf(subject)
			subject.Compile = program
			if repaired {
				err = one.proveBatch(subject, r.found, i)
			}
			if err != nil {
				end()
				return err
			}
			sign := func(maps []*heatmap.Map) { r.sign(maps, method, i) }
			maps, err := method.Explain(ctx, subject, listener.hear(func(maps []*heatmap.Map) {
				sign(maps)
				res.Maps = p.inOrder(before, append(made, maps))
			}))
			end()
			if err != nil && (ctx.Err() == nil || maps == nil) {
				return err
			}
			sign(maps)
			made = append(made, maps)
			res.Maps = p.inOrder(before, made)
			if err != nil {
				return err
			}
			listener.next()
		}
	}
	return nil
}

// subject is picture i in front of the model.
func (r run) subject(i int) *perturb.Subject {
	in, p := r.input, r.plan
	one := append([]int{1}, in.dims[1:]...)
	n := len(in.values) / in.dims[0]
	subject := &perturb.Subject{Model: r.model, Input: one, Values: in.values[i*n : (i+1)*n], Layers: p.layers, Sampling: r.request.Sampling}
	if p.host != nil {
		subject.Host = p.host(i)
	}
	for k, a := range p.aims {
		subject.Aims = append(subject.Aims, a.ofPicture(i, r.found[k].index[i], p.size(r.model.Card().Layout)))
	}
	return subject
}

// ofPicture is the aim of one picture, at the index that it resolved to there.
func (a aim) ofPicture(i int, index int32, picture [2]int) perturb.Aim {
	var given params[*tensors.Tensor]
	if a.box != nil {
		given = a.box.arguments(i, 1)
	} else {
		given.index = tensors.FromFlatDataAndDimensions([]int32{index}, 1)
		if takesBeside(a.scored) {
			n := len(a.Beside) / len(a.Index)
			given.beside = tensors.FromFlatDataAndDimensions(a.Beside[i*n:(i+1)*n], a.besideDims(1)...)
		}
	}
	a.rank = 0 // the class is given, that of the whole picture
	return perturb.Aim{
		Wants: a.wants(), Params: given.pack(a), Boxed: a.box != nil,
		Score: func(outputs map[string]*Node, nodes []*Node) *Node {
			given, _ := unpackParams(a, nodes)
			score, _ := a.score(outputs, given, picture)
			return score
		},
	}
}

// programsOf compiles a subject's programs, or takes them from an earlier run, and
// keeps the subject's arguments on the device until end.
func (r run) programsOf(subject *perturb.Subject) (compile func(string, perturb.GraphFn) (perturb.Program, error), end func()) {
	arguments := append(r.values.Tensors(), subject.Arguments()...)
	end = func() {
		for _, t := range arguments {
			t.MustFinalizeAll()
		}
	}
	shape := r.plan
	shape.input, shape.methods = subject.Input, nil
	return func(key string, graph perturb.GraphFn) (perturb.Program, error) {
		prog, err := r.kept(key+" of "+shape.key(), func() (*program, error) {
			return r.newProgram(r.backend, func(scope *model.Scope, inputs []*Node) []*Node { return graph(subject.Enter(scope, inputs)) })
		})
		if err != nil {
			return nil, err
		}
		return func(inputs ...*tensors.Tensor) ([]*tensors.Tensor, error) {
			out, err := prog.pass(asArguments(slices.Concat(arguments, inputs)))
			if err != nil {
				return nil, device.Wrap(err, "running %s on masked pictures on %s", r.model.Card().Name, r.backend.Name)
			}
			return out, nil
		}, nil
	}, end
}

// sign writes onto a method's maps of picture i, by aim, what is known about them.
func (r run) sign(maps []*heatmap.Map, method perturb.Method, i int) {
	p := r.plan
	for k, m := range maps {
		a := k * len(p.aims) / len(maps) // at layers there are several maps an aim
		m.Method = method.Title(p.aims[a].box != nil)
		unit := p.aims[a].unit()
		if method.Slopes {
			unit = p.aims[a].slopeUnit()
		}
		p.aims[a].sign(m, i, r.found[a], unit)
	}
}

// inOrder puts maps together by aim: those of before, then those of each method.
func (p plan) inOrder(before []*heatmap.Map, made [][]*heatmap.Map) []*heatmap.Map {
	var out []*heatmap.Map
	part := func(maps []*heatmap.Map, a int) []*heatmap.Map {
		n := len(maps) / len(p.aims)
		return maps[a*n : (a+1)*n]
	}
	for a := range p.aims {
		out = append(out, part(before, a)...)
		for _, maps := range made {
			out = append(out, part(maps, a)...)
		}
	}
	return out
}

// listener passes progress on, and makes maps of what there is so far now and then.
type listener struct {
	tell    func(gradcamnb.Progress)
	results []*heatmap.Result
	stage   int // the method of a picture that runs now
	stages  int
	shown   time.Time
}

func newListener(tell func(gradcamnb.Progress), results []*heatmap.Result, stages int) *listener {
	return &listener{tell: tell, results: results, stages: stages, shown: time.Now()}
}

func (l *listener) next() { l.stage++ }

// hear is what a method reports to; put places its maps so far into the results.
func (l *listener) hear(put func([]*heatmap.Map)) perturb.Hear {
	const pause = time.Second // between maps so far: making one takes time
	return func(done, total int, partial func() ([]*heatmap.Map, error)) error {
		if l.tell == nil {
			return nil
		}
		p := gradcamnb.Progress{Done: l.stage*total + done, Total: l.stages * total}
		if partial != nil && time.Since(l.shown) > pause {
			maps, err := partial()
			if err != nil {
				return err
			}
			put(maps)
			for _, r := range l.results {
				so := *r
				p.Partial = append(p.Partial, &so)
			}
			l.shown = time.Now()
		}
		l.tell(p)
		return nil
	}
}
