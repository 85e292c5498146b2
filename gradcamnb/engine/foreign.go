package engine

import (
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// runtimeModel is a file that onnxruntime runs.
type runtimeModel struct {
	whole  source.Whole
	run    *onnxruntime.Model
	card   source.Card
	looked sync.Once
	ragged bool // outputs have no axis of the pictures: they are laid out with one, and rows of zeros
}

// elsewhere is the session with onnxruntime in the place of the graph, where that was asked
// for or the graph cannot be written; found are its outputs for the pictures.
func (s *session) elsewhere(in inputs.Input) (*session, error) {
	why := error(nil)
	if device.Asked(s.engine.name) != device.ONNXRuntime {
		if why = s.written(in.Dims); why == nil || !source.FromONNX(s.model) {
			return s, nil
		}
		if !onnxruntime.Available() {
			return nil, fmt.Errorf("%w; if onnxruntime runs the file, RISE, D-RISE and occlusion explain it: %s", why, onnxruntime.HowToGet)
		}
		s.sayOnce(fmt.Sprintf("%s is run by onnxruntime, for its graph cannot be written: %v", s.model.Card().Name, why))
	}
	m, err := s.runtime()
	if err != nil {
		return nil, errors.Join(why, err)
	}
	outputs, err := m.pass(in.Values, in.Dims, s.values.Values())
	if err != nil {
		return nil, err
	}
	out := s.with(source.Foreign(m.card, s.model.Store(), outputs))
	out.runs, out.beside = m, s.values.Values()
	return out, nil
}

// written says why the graph of an output cannot be written: of all that a known detector
// reads, or of the model's answer.
func (s *session) written(input []int) error {
	c := s.model.Card()
	names := c.Outputs[:1]
	switch known := detections.NamedRoles(c.Outputs); {
	case c.Detector != nil:
		names = c.Outputs
	case known != nil:
		names = known.Outputs
	}
	for _, name := range names {
		if _, err := s.model.Layers(input, name); err != nil {
			return err
		}
	}
	return nil
}

// forwardOnly says which of the methods onnxruntime cannot make.
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

// runtime is the model loaded by onnxruntime, once. It is freed when nothing uses it any more: the engine
// may forget it while another call is within a pass.
func (s *session) runtime() (*runtimeModel, error) {
	if m, ok := s.engine.runtimes.Load(s.entry); ok {
		return m.(*runtimeModel), nil
	}
	whole, err := source.WholeOf(s.values)
	if err != nil {
		return nil, err
	}
	c := s.model.Card()
	names := []string{whole.Picture}
	for _, i := range c.Inputs {
		if _, ok := s.values.Values()[i.Name]; ok {
			names = append(names, i.Name)
		}
	}
	run, err := onnxruntime.Open(whole.Data, names, whole.Outputs)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", c.Name, err)
	}
	whole.Data = nil
	m := &runtimeModel{whole: whole, run: run, card: c}
	runtime.AddCleanup(m, func(run *onnxruntime.Model) { _ = run.Close() }, run)
	kept, _ := s.engine.runtimes.LoadOrStore(s.entry, m) // another call may have been first
	return kept.(*runtimeModel), nil
}

// pass runs pictures [n, ...], as many at once as the file is made for, and gives every
// output as [n, ...].
func (m *runtimeModel) pass(values []float32, dims []int, beside map[string]source.Value) (map[string]source.Value, error) {
	n := len(values) / dims[0]
	var rows []map[string]source.Value // by picture
	for at := 0; at < dims[0]; at += m.whole.Batch {
		part := make([]float32, 0, n*m.whole.Batch)
		for i := range m.whole.Batch { // the last is filled up
			k := min(at+i, dims[0]-1)
			part = append(part, values[k*n:(k+1)*n]...)
		}
		shape := append([]int{m.whole.Batch}, dims[1:]...)
		if m.whole.Bare {
			shape = shape[1:]
		}
		inputs := []onnxruntime.Tensor{{Name: m.whole.Picture, Type: m.whole.Type, Dims: shape, Values: part}}
		for _, i := range m.card.Inputs {
			if v, ok := beside[i.Name]; ok {
				inputs = append(inputs, onnxruntime.Tensor{Name: i.Name, Type: i.Type, Dims: v.Dims, Values: v.Values})
			}
		}
		outputs, err := m.run.Run(inputs)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", m.card.Name, err)
		}
		m.looked.Do(func() { m.look(outputs) })
		for i := range min(m.whole.Batch, dims[0]-at) {
			row, err := m.row(outputs, i)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return stacked(rows, m.ragged), nil
}

// look finds out, after the first pass, what the outputs are.
func (m *runtimeModel) look(outputs []onnxruntime.Tensor) {
	names, spec := detections.Roles(outputs)
	m.ragged = m.whole.Bare || spec != nil && len(outputs[0].Dims) < 3 || slices.ContainsFunc(outputs, func(t onnxruntime.Tensor) bool {
		return m.whole.Batch == 1 && (len(t.Dims) == 0 || t.Dims[0] != 1)
	})
	if spec != nil && m.card.Detector == nil {
		if filled, err := spec.Filled(); err == nil {
			filled.Outputs = names
			m.card.Detector = &filled
		}
	}
}

// row is what the outputs say of picture i, [1, ...] each.
func (m *runtimeModel) row(outputs []onnxruntime.Tensor, i int) (map[string]source.Value, error) {
	row := map[string]source.Value{}
	for _, t := range outputs {
		switch {
		case m.ragged:
			row[t.Name] = source.Value{Dims: append([]int{1}, t.Dims...), Values: t.Values}
		case len(t.Dims) == 0 || t.Dims[0] != m.whole.Batch:
			return nil, fmt.Errorf("model %s: its output %q has the shape %v for a batch of %d: its first axis is not that of the pictures", m.card.Name, t.Name, t.Dims, m.whole.Batch)
		default:
			n := len(t.Values) / m.whole.Batch
			row[t.Name] = source.Value{Dims: append([]int{1}, t.Dims[1:]...), Values: t.Values[i*n : (i+1)*n]}
		}
	}
	return row, nil
}

// stacked lays the rows of pictures together. Where a model finds another number of objects
// in each, rows of zeros are added up to a power of two, so that few programs read them.
func stacked(rows []map[string]source.Value, ragged bool) map[string]source.Value {
	out := map[string]source.Value{}
	for name, first := range rows[0] {
		dims := slices.Clone(first.Dims)
		most, varies := 0, ragged
		for _, row := range rows {
			if d := row[name].Dims; len(d) > 1 {
				varies = varies || d[1] != dims[1]
				most = max(most, d[1])
			}
		}
		if varies && len(dims) > 1 {
			dims[1] = max(16, 1<<bits.Len(uint(max(1, most)-1)))
		}
		each := 1
		for _, d := range dims[1:] {
			each *= d
		}
		values := make([]float32, len(rows)*each)
		for i, row := range rows {
			copy(values[i*each:(i+1)*each], row[name].Values)
		}
		dims[0] = len(rows)
		out[name] = source.Value{Dims: dims, Values: values}
	}
	return out
}

// hosted makes a subject's passes run on onnxruntime: pictures are hidden here, and what the
// aims score is computed of the outputs.
func (r run) hosted(subject *perturb.Subject) {
	s, b, p := r.session, r.backend, r.plan
	if s.runs == nil {
		return
	}
	subject.Host = func(masks []float32, n int) ([]float32, error) {
		values := hidden(subject, s.model.Card().Layout, masks, n)
		outputs, err := s.runs.pass(values, append([]int{n}, subject.Input[1:]...), s.beside)
		if err != nil {
			return nil, err
		}
		one := s.with(source.Foreign(s.runs.card, s.model.Store(), outputs))
		var params []*tensors.Tensor
		for _, a := range subject.Aims {
			params = append(params, a.Params...)
		}
		prog, err := one.kept("scores of "+p.Key(), func() (*device.Program, error) {
			return one.newProgram(b, func(_ *model.Scope, in []*Node) []*Node { return []*Node{scoresOf(one, subject, in)} })
		})
		if err != nil {
			return nil, err
		}
		given := one.values.Tensors()
		out, err := prog.Pass(slices.Concat(given, params)...)
		for _, t := range given {
			t.MustFinalizeAll()
		}
		if err != nil {
			return nil, device.Wrap(err, "reading what %s finds in masked pictures", s.model.Card().Name)
		}
		defer out[0].MustFinalizeAll()
		return tensors.CopyFlatData[float32](out[0])
	}
}

// scoresOf is what the aims score, [aims, n], of outputs that the graph has been given.
func scoresOf(s *session, subject *perturb.Subject, params []*Node) *Node {
	g := params[0].Graph()
	outputs := map[string]*Node{}
	for _, name := range s.values.Floats() {
		outputs[name] = g.GetNodeByAlias(source.InputAlias(name))
	}
	var scores []*Node
	for _, a := range subject.Aims {
		scores = append(scores, a.Score(outputs, params[:len(a.Params)]))
		params = params[len(a.Params):]
	}
	return Stack(scores, 0)
}

// hidden are n copies of the picture behind masks [n, H, W]: B + M (I - B), with the baseline
// B, or zeros.
func hidden(subject *perturb.Subject, layout imgio.Layout, masks []float32, n int) []float32 {
	pixels := len(masks) / n
	each := len(subject.Values)
	channels := each / pixels
	out := make([]float32, n*each)
	for i := range n {
		mask, to := masks[i*pixels:(i+1)*pixels], out[i*each:(i+1)*each]
		for k, v := range subject.Values {
			at := k % pixels
			if layout == imgio.ChannelsLast {
				at = k / channels
			}
			var base float32
			if subject.Baseline != nil {
				base = subject.Baseline[k]
			}
			to[k] = base + mask[at]*(v-base)
		}
	}
	return out
}
