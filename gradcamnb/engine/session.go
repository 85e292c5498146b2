package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strconv"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// session is one open model with the programs that were compiled for it.
type session struct {
	engine *Engine
	model  source.Model
	values source.Fed // of the model's inputs beside the picture, once they are given

	runs   *runtimeModel           // where onnxruntime runs the model
	beside map[string]source.Value // values of its inputs beside the picture then

	entry    *thing                  // what the engine's memory has of it
	programs map[string]*keptProgram // the memory's lock guards it
}

// keptProgram is a program within the engine's memory.
type keptProgram struct {
	*program
	*thing
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
	return gradcamnb.Info{Name: c.Name, SHA256: c.SHA256, Input: c.Input, Layout: c.Layout, Picture: c.Picture, Inputs: inputs, Prep: c.Prep, Labels: c.Labels, Outputs: c.Outputs, Heads: c.HeadLabels, Detects: c.Detector != nil, Masks: hasMasks(c), Backend: name}
}

func (s *session) Layers(r gradcamnb.Request) ([]gradcamnb.Layer, error) {
	c := s.model.Card()
	prep := r.Prep
	if prep == nil {
		prep = c.Prep
	}
	input, err := inputShape(c, prep, 1)
	if err != nil {
		return nil, err
	}
	fed, err := source.FeedForListing(s.model, given(r.Inputs))
	if err != nil {
		return nil, err
	}
	layers, err := fed.Layers(input, "")
	if err != nil && c.Input[0] > 1 { // the file may be made for its own batch only
		input[0] = c.Input[0]
		layers, err = fed.Layers(input, "")
	}
	if err != nil {
		return nil, err
	}
	var out []gradcamnb.Layer
	for _, l := range layers {
		out = append(out, gradcamnb.Layer{Name: l.Name, Path: l.Path, Op: l.Op, Shape: l.Shape, Grid: l.Grid, Beside: l.Beside, Feeds: l.Feeds, Level: l.Level, Suggested: l.Suggested, Why: l.Why})
	}
	return out, nil
}

// inputShape is the shape of a batch of pictures: the size is what the
// preprocessing makes, else what the model declares.
func inputShape(c source.Card, prep *imgio.Prep, batch int) ([]int, error) {
	dims := slices.Clone(c.Input)
	dims[0] = batch
	h, w, ch := 2, 3, 1
	if c.Layout == imgio.ChannelsLast {
		h, w, ch = 1, 2, 3
	}
	if prep != nil {
		dims[h], dims[w] = prep.Height, prep.Width
	}
	if dims[ch] < 0 {
		dims[ch] = 3
		if prep != nil {
			dims[ch] = prep.Channels()
		}
	}
	if dims[h] < 0 || dims[w] < 0 {
		return nil, fmt.Errorf("the model %s takes pictures of any size and nothing says which to use: give a size, as \"width\" and \"height\" in the sidecar %s", c.Name, sidecarName(c))
	}
	return dims, nil
}

func sidecarName(c source.Card) string {
	if c.File == "" {
		return "model.json"
	}
	return source.SidecarPath(c.File)
}

func (s *session) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	clock := newStopwatch()
	s, in, err := s.facing(r)
	if err != nil {
		return nil, err
	}
	if err := s.forwardOnly(r.Methods); err != nil {
		return nil, err
	}
	clock.lap("prepare")
	var seen *detected
	if slices.ContainsFunc(targetsOf(s.model.Card(), r), gradcamnb.Target.Boxed) {
		if seen, err = s.detect(ctx, in, r.Reading); err != nil {
			return nil, err
		}
		clock.lap("detect")
	}
	if _, err := newMeasuring(r.Measuring); err != nil { // before anything is computed
		return nil, err
	}
	b, end, err := s.engine.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	p, err := newPlan(s.model, in.dims, r, seen, s.looking(b, in))
	if err != nil {
		return nil, err
	}
	now := run{session: s, backend: b, plan: p, request: r, input: in}
	if err := now.compute(clock); err != nil {
		return nil, err
	}
	for i, res := range now.results {
		res.Detections = seen.of(i)
	}
	err = now.finish(ctx, clock)
	if r.Tensor == nil {
		warn(in.prep, now.results)
	}
	return now.results, err
}

// facing is the session with the request's values for the model's other inputs, and what the model is
// given of the request's pictures or tensor.
func (s *session) facing(r gradcamnb.Request) (*session, input, error) {
	s, err := s.fed(r)
	if err != nil {
		return nil, input{}, err
	}
	in, err := s.prepare(r)
	if err != nil {
		return nil, input{}, err
	}
	s, err = s.elsewhere(in)
	return s, in, err
}

// program returns the compiled program of a plan, which a plan of the same key
// has made before or not.
func (s *session) program(b *backend, p plan) (*program, error) {
	return s.kept(p.key(), func() (*program, error) {
		return s.newProgram(b, func(scope *model.Scope, inputs []*Node) []*Node { return p.build(s.model, scope, inputs).pack() })
	})
}

// newProgram prepares the program of a graph about the model. Its first arguments are
// the values of the model's inputs beside the picture, [source.Fed.Tensors], which the
// model finds in the graph by itself; the rest is the graph's own.
func (s *session) newProgram(b *backend, graph func(scope *model.Scope, inputs []*Node) []*Node) (*program, error) {
	names := s.values.Floats()
	exec, err := model.NewExec(b.Backend, s.model.Store(), func(scope *model.Scope, inputs []*Node) []*Node {
		for i, name := range names {
			inputs[i].WithAlias(source.InputAlias(name))
		}
		return graph(scope, inputs[len(names):])
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the program: %w", device.Root(err))
	}
	if name, ok := source.GraphName(s.model); ok {
		exec.WithName(name)
	}
	return &program{exec: exec, backend: b}, nil
}

// fed is the session with the request's values for the model's inputs beside the picture.
func (s *session) fed(r gradcamnb.Request) (*session, error) {
	pictures := len(r.Pictures)
	if r.Tensor != nil && len(r.Tensor.Dims) > 0 {
		pictures = r.Tensor.Dims[0]
	}
	values, err := source.Feed(s.model, given(r.Inputs), pictures)
	if err != nil {
		return nil, err
	}
	return s.with(values), nil
}

// ofPicture is the session with the values that one of the pictures has.
func (s *session) ofPicture(i int) *session { return s.with(s.values.OfPicture(i)) }

func (s *session) with(values source.Fed) *session {
	out := *s
	out.values, out.model = values, values.Model
	return &out
}

func given(inputs map[string]gradcamnb.Tensor) map[string]source.Value {
	out := map[string]source.Value{}
	for name, t := range inputs {
		out[name] = source.Value{Dims: t.Dims, Values: t.Values}
	}
	return out
}

// kept is the program of a key, made where the engine's memory has none.
func (s *session) kept(key string, build func() (*program, error)) (*program, error) {
	m, err := s.engine.keeps()
	if err != nil {
		return nil, err
	}
	key = s.values.Key + key
	m.mu.Lock()
	defer m.mu.Unlock()
	m.touch(s.entry)
	if p, ok := s.programs[key]; ok {
		m.touch(p.thing)
		return p.program, nil
	}
	prog, err := build()
	if err != nil {
		return nil, err
	}
	t := &thing{bytes: programBytes, drop: func() { delete(s.programs, key) }}
	s.programs[key] = &keptProgram{prog, t}
	m.add(t)
	m.trim(2) // not the model and its program
	return prog, nil
}

// forgetPrograms drops the model's programs. The memory must be locked.
func (s *session) forgetPrograms(m *memory) {
	for _, p := range s.programs {
		m.forget(p.thing)
	}
}

// input is a batch of model inputs and where they come from.
type input struct {
	dims     []int
	values   []float32
	pictures []image.Image // nil for a tensor
	frames   []imgio.Frame
	prep     *imgio.Prep // how pictures are prepared; nil where nothing says it
}

// prepare makes the model's input of the request's pictures or tensor.
func (s *session) prepare(r gradcamnb.Request) (input, error) {
	c := s.model.Card()
	if r.Tensor != nil {
		in, err := fromTensor(c, *r.Tensor)
		in.prep = r.Prep
		return in, err
	}
	prep := r.Prep
	if prep == nil {
		prep = c.Prep
	}
	if prep == nil {
		return input{}, unprepared(c)
	}
	prep, err := prepFor(c, prep)
	if err != nil {
		return input{}, err
	}
	dims, err := inputShape(c, prep, len(r.Pictures))
	if err != nil {
		return input{}, err
	}
	if n := len(r.Boxes); n > 1 && n != len(r.Pictures) {
		return input{}, fmt.Errorf("there are %d boxes for %d pictures; give one, or one a picture", n, len(r.Pictures))
	}
	if strange := prep.Strange(); strange != "" {
		s.sayOnce(c.Name + ": " + strange)
	}
	in := input{dims: dims, pictures: r.Pictures, prep: prep}
	for i, img := range r.Pictures {
		var box image.Rectangle
		if n := len(r.Boxes); n > 0 {
			box = r.Boxes[i%n]
		}
		values, frame, err := prep.Part(img, box, c.Layout)
		if err != nil {
			return input{}, fmt.Errorf("preparing the picture: %w", err)
		}
		in.values = append(in.values, values...)
		in.frames = append(in.frames, frame)
	}
	return in, nil
}

// fromTensor takes a tensor as it stands; its frame is itself.
func fromTensor(c source.Card, t gradcamnb.Tensor) (input, error) {
	if len(t.Dims) != len(c.Input) {
		return input{}, fmt.Errorf("the tensor has the shape %v and the model %s takes %s, batch first", t.Dims, c.Name, shapeWords(c.Input))
	}
	n := 1
	for _, d := range t.Dims {
		n *= d
	}
	if n == 0 || n != len(t.Values) {
		return input{}, errors.New("the tensor is empty, or its shape and its number of values differ")
	}
	ch, h, w := 1, 2, 3
	if c.Layout == imgio.ChannelsLast {
		ch, h, w = 3, 1, 2
	}
	if want := c.Input[ch]; want > 0 && t.Dims[ch] != want {
		return input{}, fmt.Errorf("the tensor has the shape %v and the model %s takes %s: the number of channels differs", t.Dims, c.Name, shapeWords(c.Input))
	}
	f := imgio.Frame{PictureW: t.Dims[w], PictureH: t.Dims[h], ModelW: t.Dims[w], ModelH: t.Dims[h], ScaleX: 1, ScaleY: 1}
	return input{dims: t.Dims, values: t.Values, frames: slices.Repeat([]imgio.Frame{f}, t.Dims[0])}, nil
}

func shapeWords(dims []int) string {
	var words []string
	for _, d := range dims {
		if d < 0 {
			words = append(words, "any")
			continue
		}
		words = append(words, strconv.Itoa(d))
	}
	return fmt.Sprint(words)
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
