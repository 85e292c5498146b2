package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/foreign"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/memory"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/plans"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// session is one open model with the programs that were compiled for it.
type session struct {
	engine *Engine
	ref    string // what it was opened with; empty if it is no file
	model  source.Model
	values source.BoundModel // the model with the values of its inputs besides the picture

	runs        *foreign.Model          // the model in onnxruntime, if that runs it
	otherInputs map[string]source.Value // values of its inputs besides the picture then

	entry    *memory.Entry           // in the engine's memory
	programs map[string]*keptProgram // the memory's lock guards it
	proved   *sync.Map               // by batch, whether proveBatch found it to be right
	slow     *atomic.Bool            // pure Go takes too long to answer sooner
}

// keptProgram is a program that the engine's memory keeps.
type keptProgram struct {
	*device.Program
	*memory.Entry
}

func (s *session) Info() gradcamnb.Info {
	c := s.model.Card()
	name := s.engine.name
	if s.engine.ready.Load() {
		name = s.engine.backend.Name
	}
	var inputs []string
	for _, i := range c.Inputs {
		inputs = append(inputs, i.String())
	}
	return gradcamnb.Info{Name: c.Name, SHA256: c.SHA256, Input: c.Input, Layout: c.Layout, Picture: c.Picture,
		Inputs: inputs, Prep: c.Prep, Labels: c.Labels, Outputs: c.Outputs, Heads: c.HeadLabels, Detects: c.Detector != nil,
		Masks: detections.HasMasks(c), Backend: name}
}

func (s *session) Layers(ctx context.Context, r gradcamnb.Request) ([]gradcamnb.Layer, error) {
	c := s.model.Card()
	input, err := inputs.Shape(c, cmp.Or(r.Prep, c.Prep), 1)
	if err != nil {
		return nil, err
	}
	fed, err := source.FeedForListing(s.model, convertInputs(r.Inputs))
	if err != nil {
		return nil, err
	}
	layers, err := fed.Layers(ctx, input, "")
	if err != nil && ctx.Err() == nil && c.Input[0] > 1 { // the model may take its file's own batch only
		input[0] = c.Input[0]
		layers, err = fed.Layers(ctx, input, "")
	}
	if err != nil {
		return nil, err
	}
	var out []gradcamnb.Layer
	for _, l := range layers {
		out = append(out, gradcamnb.Layer{Name: l.Name, Path: l.Path, Op: l.Op, Shape: l.Shape, Grid: l.Grid,
			Channels: l.Channels, Slices: l.Slices,
			WithoutPicture: l.WithoutPicture, Feeds: l.Feeds, Level: l.Level, Suggested: l.Suggested, Why: l.Why})
	}
	return out, nil
}

func (s *session) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	clock := newStopwatch()
	faced, in, err := s.prepareInput(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := faced.forwardOnly(r.Methods); err != nil {
		return nil, err
	}
	clock.lap("prepare")
	if err := checkReading(r.Reading, plans.Targets(s.model.Card(), r)); err != nil {
		return nil, err
	}
	if results := s.answerSooner(ctx, r, faced, in, clock); results != nil {
		return results, nil
	}
	return faced.explain(ctx, r, in, clock)
}

// explain explains the input that was made from the request's pictures or tensor. The session has the request's values
// for the model's other inputs.
func (s *session) explain(ctx context.Context, r gradcamnb.Request, in inputs.Input,
	clock *stopwatch) ([]*heatmap.Result, error) {
	var seen *detections.Findings
	var err error
	if slices.ContainsFunc(plans.Targets(s.model.Card(), r), ask.Target.IsDetection) {
		if seen, err = s.detect(ctx, in, r.Reading); err != nil {
			return nil, err
		}
		clock.lap("detect")
	}
	if err := s.checkMeasurable(r.Measuring); err != nil {
		return nil, err
	}
	want, err := newMeasurement(r.Measuring, in.Dims[0]) // before anything is computed
	if err != nil {
		return nil, err
	}
	b, end, err := s.engine.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	p, err := plans.New(ctx, s.model, in.Dims, r, plans.Context{Detected: seen, ReadValues: s.valuesReader(ctx, b, in)})
	if err != nil {
		return nil, err
	}
	now := run{session: s, backend: b, plan: p, request: r, want: want, input: in}
	if err := now.compute(ctx, clock); err != nil {
		return nil, err
	}
	for i, res := range now.results {
		res.Detections = seen.ForPicture(i)
	}
	err = now.finish(ctx, clock)
	for _, res := range now.results {
		res.Maps = p.JoinMaps(res.Maps)
	}
	in.Warn(now.results)
	return now.results, err
}

// prepareInput returns the session with the request's values for the model's other inputs, and the input that is made
// from the request's pictures or tensor.
func (s *session) prepareInput(ctx context.Context, r gradcamnb.Request) (*session, inputs.Input, error) {
	s, err := s.bindInputs(r)
	if err != nil {
		return nil, inputs.Input{}, err
	}
	in, err := inputs.Prepare(s.model.Card(), r, s.usualPreset(ctx), s.sayOnce)
	if err != nil {
		return nil, inputs.Input{}, source.LocateCardError(s.model, err)
	}
	s, err = s.openInRuntime(ctx, in)
	return s, in, err
}

// usualPreset returns a function that names the preset with which pictures are usually prepared for such a model; see
// [detections.UsualPreset].
func (s *session) usualPreset(ctx context.Context) func() string {
	return func() string { return detections.UsualPreset(ctx, s.model) }
}

// program returns the compiled program of a plan. Plans with the same key share one program.
func (s *session) program(b *device.Backend, p plans.Plan) (*device.Program, error) {
	return s.cachedProgram(p.Key(), func() (*device.Program, error) { return s.newProgramOf(b, p) })
}

// newProgramOf prepares the program of a plan. It does not keep the program.
func (s *session) newProgramOf(b *device.Backend, p plans.Plan) (*device.Program, error) {
	return s.newProgram(b, func(scope *model.Scope, inputs []*Node) []*Node {
		out := p.Build(s.model, scope, inputs).List()
		s.engine.checkWork(out[0].Graph())
		return out
	})
}

// call runs a plan's program on an input.
func (s *session) call(ctx context.Context, b *device.Backend, prog *device.Program, p plans.Plan,
	in inputs.Input) ([]*tensors.Tensor, error) {
	args, err := p.Arguments(b, in.Values)
	if err != nil {
		return nil, err
	}
	return prog.Call(ctx, slices.Concat(s.values.Tensors(), args)...)
}

// newProgram prepares the program of a graph about the model. The program's first arguments are the values of the
// model's inputs besides the picture, [source.BoundModel.Tensors]; the model finds these in the graph by itself. The
// graph function gets the other arguments.
func (s *session) newProgram(b *device.Backend,
	graph func(scope *model.Scope, inputs []*Node) []*Node) (*device.Program, error) {
	names := s.values.Floats()
	label, _ := source.GraphName(s.model)
	return device.NewProgram(b, s.model.Store(), label, func(scope *model.Scope, inputs []*Node) []*Node {
		for i, name := range names {
			inputs[i].WithAlias(source.InputAlias(name))
		}
		return graph(scope, inputs[len(names):])
	})
}

// bindInputs returns the session with the request's values for the model's inputs besides the picture.
func (s *session) bindInputs(r gradcamnb.Request) (*session, error) {
	pictures := len(r.Pictures)
	if r.Tensor != nil && len(r.Tensor.Dims) > 0 {
		pictures = inputs.AddMissingAxis(s.model.Card(), r.Tensor.Dims)[0]
	}
	if r.Series {
		pictures = source.OfSeries
	}
	values, err := source.Feed(s.model, convertInputs(r.Inputs), pictures)
	if err != nil {
		return nil, err
	}
	return s.bind(values), nil
}

// forPicture returns the session with the values that belong to one of the pictures.
func (s *session) forPicture(i int) *session { return s.bind(s.values.ForPicture(i)) }

func (s *session) bind(values source.BoundModel) *session {
	out := *s
	out.values, out.model = values, values.Model
	return &out
}

func convertInputs(inputs map[string]gradcamnb.Tensor) map[string]source.Value {
	out := map[string]source.Value{}
	for name, t := range inputs {
		out[name] = source.Value{Dims: t.Dims, Values: t.Values}
	}
	return out
}

// cachedProgram returns the cached program of a key, and builds it if there is none.
func (s *session) cachedProgram(key string, build func() (*device.Program, error)) (*device.Program, error) {
	m, err := s.engine.keeps()
	if err != nil {
		return nil, err
	}
	key = s.values.Key + key
	m.Lock()
	defer m.Unlock()
	m.Touch(s.entry)
	if p, ok := s.programs[key]; ok {
		m.Touch(p.Entry)
		return p.Program, nil
	}
	prog, err := build()
	if err != nil {
		return nil, err
	}
	t := &memory.Entry{Bytes: memory.ProgramBytes, Drop: func() { delete(s.programs, key) }}
	s.programs[key] = &keptProgram{prog, t}
	m.Add(t)
	m.Trim(2) // but keep the model and its program
	return prog, nil
}

// forgetPrograms drops the model's programs. The memory must be locked.
func (s *session) forgetPrograms(m *memory.Memory) {
	for _, p := range s.programs {
		m.Forget(p.Entry)
	}
}

// stopwatch times the steps of an explanation.
type stopwatch struct {
	last time.Time
	laps map[string]time.Duration
}

func newStopwatch() *stopwatch { return &stopwatch{time.Now(), map[string]time.Duration{}} }

func (s *stopwatch) lap(name string) {
	now := time.Now()
	s.laps[name] += now.Sub(s.last)
	s.last = now
}
