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
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// perturb adds the maps of the plan's forward-only methods to the results, for every picture and target, after the
// target's other maps. If ctx ends first, the results hold the maps so far.
func (r run) perturb(ctx context.Context) error {
	if len(r.results) > 1 && r.request.Sampling.Resume != nil {
		return fmt.Errorf("an earlier run can be resumed for one picture only, but there are %d: explain one at a time", len(r.results))
	}
	giveBack, err := device.Borrow(r.model.Store(), r.backend)
	if err != nil {
		return err
	}
	return errors.Join(r.perturbAll(ctx), giveBack())
}

func (r run) perturbAll(ctx context.Context) error {
	p := r.plan
	listener := newListener(r.request.Progress, r.results, len(r.results)*len(p.Forward))
	for i, res := range r.results {
		before := res.Maps
		var made [][]*heatmap.Map // by method
		for _, method := range p.Forward {
			subject, end, err := r.prepareSubject(ctx, i, nil)
			if err != nil {
				return err
			}
			sign := func(maps []*heatmap.Map) { r.sign(maps, method, i) }
			maps, err := method.Explain(ctx, subject, listener.report(func(maps []*heatmap.Map) {
				sign(maps)
				res.Maps = p.MergeMaps(before, append(made, maps))
			}))
			end()
			if err != nil && (ctx.Err() == nil || maps == nil) {
				return err
			}
			sign(maps)
			made = append(made, maps)
			res.Maps = p.MergeMaps(before, made)
			if err != nil {
				return err
			}
			listener.advance()
		}
	}
	return nil
}

// subject returns picture i as the subject of a method that hides parts of it.
func (r run) subject(i int) *perturb.Subject {
	in, p := r.input, r.plan
	one := in.Picture(i)
	subject := &perturb.Subject{Model: r.model, Input: one.Dims, Values: one.Values, Layers: p.Layers,
		Sampling: r.request.Sampling, Host: p.Host}
	for k, a := range p.Aims {
		subject.Aims = append(subject.Aims, a.ForPerturbing(i, r.found[k].Index[i], p.Size(r.model.Card().Layout)))
	}
	return subject
}

// prepareSubject returns picture i as a subject, in a batch that the model can take. Its programs can be used until end
// is called. If change is not nil, it changes the subject first.
func (r run) prepareSubject(ctx context.Context, i int, change func(*perturb.Subject) error) (
	subject *perturb.Subject, end func(), err error) {
	one := r.forPicture(i)
	subject = one.subject(i)
	one.setHost(subject)
	repaired, err := one.takeBatch(ctx, subject)
	if err != nil {
		return nil, nil, err
	}
	if change != nil {
		if err := change(subject); err != nil {
			return nil, nil, err
		}
	}
	subject.Compile, end = one.programsOf(subject)
	if repaired {
		if err := one.proveBatch(ctx, subject, r.found, i); err != nil {
			end()
			return nil, nil, err
		}
	}
	return subject, end, nil
}

// programsOf returns a function that compiles a subject's programs or takes them from an earlier run. The subject's
// arguments stay on the device until end is called.
func (r run) programsOf(subject *perturb.Subject) (compile func(string, perturb.GraphFn) (perturb.Program, error),
	end func()) {
	arguments := append(r.values.Tensors(), subject.Arguments()...)
	end = func() {
		for _, t := range arguments {
			t.MustFinalizeAll()
		}
	}
	of := r.plan.Scores(subject.Input).Key()
	if subject.Baseline != nil { // it is an argument
		of += " over a baseline"
	}
	return func(key string, graph perturb.GraphFn) (perturb.Program, error) {
		prog, err := r.cachedProgram(key+" of "+of, func() (*device.Program, error) {
			return r.newProgram(r.backend,
				func(scope *model.Scope, inputs []*Node) []*Node { return graph(subject.Enter(scope, inputs)) })
		})
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, inputs ...*tensors.Tensor) ([]*tensors.Tensor, error) {
			out, err := prog.Pass(ctx, slices.Concat(arguments, inputs)...)
			if err != nil {
				cuts := []string{source.Picture}
				if e := source.ExplainGradientError(r.model, r.input.Dims, cuts, subject.Wants(), err); e != nil {
					return nil, e
				}
				return nil, device.Wrap(err, "running %s on masked pictures on %s", r.model.Card().Name, r.backend.Name)
			}
			return out, nil
		}, nil
	}, end
}

// sign fills in a method's maps of picture i with what is known about them. The maps are sorted by aim.
func (r run) sign(maps []*heatmap.Map, method perturb.Method, i int) {
	p := r.plan
	for k, m := range maps {
		a := k * len(p.Aims) / len(maps) // at layers an aim has several maps
		m.Method = method.Title(p.Aims[a].IsDetection())
		unit := p.Aims[a].ScoreUnit()
		if method.Slopes {
			unit = p.Aims[a].SlopeUnit()
		}
		p.Aims[a].Sign(m, i, r.found[a], unit)
	}
}

// listener passes progress on, and from time to time the maps so far.
type listener struct {
	tell    func(gradcamnb.Progress)
	results []*heatmap.Result
	stage   int // number of the method and picture that run now
	stages  int
	shown   time.Time
}

func newListener(tell func(gradcamnb.Progress), results []*heatmap.Result, stages int) *listener {
	return &listener{tell: tell, results: results, stages: stages, shown: time.Now()}
}

func (l *listener) advance() { l.stage++ }

// report returns the listener of one method. put places the method's maps so far into the results.
func (l *listener) report(put func([]*heatmap.Map)) perturb.Listener {
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
