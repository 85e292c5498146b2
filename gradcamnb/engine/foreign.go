package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/foreign"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/border"
)

// openInRuntime returns a session that runs the model with onnxruntime instead of a graph, if the user asked for that
// or the graph cannot be built. Its model holds the outputs for the input. Otherwise it returns the session itself.
func (s *session) openInRuntime(ctx context.Context, in inputs.Input) (*session, error) {
	why := error(nil)
	if device.RequestedName(s.engine.name) != device.ONNXRuntime {
		if why = s.checkGraph(ctx, in.Dims); why == nil || !source.IsONNX(s.model) {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, why
		}
		if !onnxruntime.Available() {
			return nil, fmt.Errorf("%w; if onnxruntime runs the file, RISE, D-RISE and occlusion explain it: %s", why,
				onnxruntime.HowToGet)
		}
		s.sayOnce(fmt.Sprintf("%s is run by onnxruntime, since its graph cannot be built: %v", s.model.Card().Name, why))
	}
	m, err := s.runtime(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(why, err)
	}
	outputs, err := m.Pass(ctx, in.Values, in.Dims, s.values.Values())
	if err != nil {
		return nil, err
	}
	out := s.bind(source.Foreign(m.Card(), s.model.Store(), outputs))
	out.runs, out.otherInputs = m, s.values.Values()
	return out, nil
}

// checkGraph returns an error if the graph of an output cannot be built: of any output that a known detector reads, or
// of the model's answer.
func (s *session) checkGraph(ctx context.Context, input []int) error {
	c := s.model.Card()
	names := c.Outputs[:1]
	switch known := detections.NamedRoles(c.Outputs); {
	case c.Detector != nil && c.Detector.Outputs != nil:
		names = c.Detector.Outputs
	case c.Detector != nil:
		names = c.Outputs
	case known != nil:
		names = known.Outputs
	}
	for _, name := range names {
		layers, err := s.model.Layers(ctx, input, name)
		if err != nil {
			return err
		}
		if _, err := source.Resolve(layers, name); err != nil && c.Detector != nil {
			return fmt.Errorf("its output %q, which the decoder %s reads, does not depend on the picture", name,
				c.Detector.Decoder)
		}
	}
	return nil
}

// forwardOnly returns an error if onnxruntime runs the model and one of the methods needs more than forward passes.
func (s *session) forwardOnly(methods []string) error {
	if s.runs == nil {
		return nil
	}
	if len(methods) == 0 {
		methods = []string{cam.GradCAM.Name}
	}
	for _, name := range methods {
		if _, err := perturb.ByName(name); err != nil {
			return fmt.Errorf("%s needs gradients or layers, and the model %s is run by onnxruntime, which has neither: ask for %s or %s", name, s.model.Card().Name, perturb.RISE.Name, perturb.Occlusion.Name)
		}
	}
	return nil
}

// loading is a model that onnxruntime loads, or has loaded.
type loading struct {
	done  chan struct{} // closed when it is
	model *foreign.Model
	err   error
}

// runtime returns the model as onnxruntime runs it. It is loaded once, whatever the number of calls that wait for it.
// If ctx ends first, runtime returns the error of ctx; nothing can stop onnxruntime's loading, which goes on in the
// background, for the next call. A model that could not be loaded is tried again.
func (s *session) runtime(ctx context.Context) (*foreign.Model, error) {
	l := &loading{done: make(chan struct{})}
	if kept, ok := s.engine.runtimes.LoadOrStore(s.entry, l); ok {
		l = kept.(*loading)
	} else {
		go l.load(s)
	}
	select {
	case <-l.done:
		return l.model, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *loading) load(s *session) {
	defer close(l.done)
	defer func() {
		if l.err != nil {
			s.engine.runtimes.CompareAndDelete(s.entry, l)
		}
	}()
	defer border.Recover(&l.err)
	l.model, l.err = foreign.Open(s.values)
}

// setHost makes a subject's passes run on onnxruntime if that runs the model. The pictures are masked here, and the
// scores of the aims are computed from the outputs.
func (r run) setHost(subject *perturb.Subject) {
	s, b, p := r.session, r.backend, r.plan
	if s.runs == nil {
		return
	}
	subject.Host = func(ctx context.Context, masks []float32, n int) ([]float32, error) {
		values := subject.ApplyMasks(masks, n)
		outputs, err := s.runs.Pass(ctx, values, append([]int{n}, subject.Input[1:]...), s.otherInputs)
		if err != nil {
			return nil, err
		}
		one := s.bind(source.Foreign(s.runs.Card(), s.model.Store(), outputs))
		var params []*tensors.Tensor
		for _, a := range subject.Aims {
			params = append(params, a.Params...)
		}
		prog, err := one.cachedProgram("scores of "+p.Key(), func() (*device.Program, error) {
			return one.newProgram(b, func(_ *model.Scope, in []*Node) []*Node { return []*Node{scoresOf(one, subject, in)} })
		})
		if err != nil {
			return nil, err
		}
		given := one.values.Tensors()
		out, err := prog.Pass(ctx, slices.Concat(given, params)...)
		for _, t := range given {
			t.MustFinalizeAll()
		}
		if err != nil {
			return nil, device.Wrap(err, "reading what %s finds in masked pictures", s.model.Card().Name)
		}
		return device.Floats(out[0])
	}
}

// scoresOf returns the scores of the aims, [aims, n], from outputs that are arguments of the graph.
func scoresOf(s *session, subject *perturb.Subject, params []*Node) *Node {
	g := params[0].Graph()
	outputs := map[string]*Node{}
	for _, name := range s.values.Floats() {
		outputs[name] = g.GetNodeByAlias(source.InputAlias(name))
	}
	return subject.ScoresOf(outputs, params)
}
