// Package foreign runs models whose graph cannot be built, with onnxruntime: it takes pictures and returns outputs.
package foreign

import (
	"context"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// Model is a file that onnxruntime runs.
type Model struct {
	whole source.WholeModel
	run   *onnxruntime.Model

	mu      sync.Mutex  // held while what follows is read or changed, but for what no pass changes of the card
	card    source.Card // a pass may change Detector and DetectorTold
	passed  bool        // the first pass is over
	learned bool        // outputs have shown how a detector's are read
	ragged  bool        // outputs have no axis of pictures, so they get one, and rows of zeros
}

// Open loads a model's file with onnxruntime. The model is freed when nothing uses it any more, since an engine may
// forget it while another call runs a pass.
func Open(fed source.BoundModel) (*Model, error) {
	whole, err := source.NewWholeModel(fed)
	if err != nil {
		return nil, err
	}
	c := fed.Card()
	names := []string{whole.Picture}
	for _, i := range c.Inputs {
		if _, ok := fed.Values()[i.Name]; ok {
			names = append(names, i.Name)
		}
	}
	run, err := onnxruntime.Open(whole.Data, names, whole.Ends)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", c.Name, err)
	}
	whole.Data = nil
	m := &Model{whole: whole, run: run, card: c}
	runtime.AddCleanup(m, func(run *onnxruntime.Model) { _ = run.Close() }, run)
	return m, nil
}

// Card returns what is known of the model. That includes what the outputs of its passes have shown.
func (m *Model) Card() source.Card {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.card
}

// Pass runs the model on pictures [n, ...] and returns every output as [n, ...]. It runs as many pictures at once as
// the file is made for. If ctx ends first, Pass returns the error of ctx.
func (m *Model) Pass(ctx context.Context, values []float32, dims []int, others map[string]source.Value) (
	map[string]source.Value, error) {
	n := len(values) / dims[0]
	var rows []map[string]source.Value // by picture
	ragged := false
	for at := 0; at < dims[0]; at += m.whole.Batch {
		part := make([]float32, 0, n*m.whole.Batch)
		for i := range m.whole.Batch { // the last batch is filled up
			k := min(at+i, dims[0]-1)
			part = append(part, values[k*n:(k+1)*n]...)
		}
		shape := append([]int{m.whole.Batch}, dims[1:]...)
		if m.whole.Bare {
			shape = shape[1:]
		}
		inputs := []onnxruntime.Tensor{{Name: m.whole.Picture, Type: m.whole.Type, Dims: shape, Values: part}}
		for _, i := range m.card.Inputs {
			if v, ok := others[i.Name]; ok {
				inputs = append(inputs, onnxruntime.Tensor{Name: i.Name, Type: i.Type, Dims: v.Dims, Values: v.Values})
			}
		}
		outputs, err := m.run.Run(ctx, inputs)
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", m.card.Name, err)
		}
		for i := range outputs {
			outputs[i].Name = m.whole.Outputs[i]
		}
		ragged = m.learnOutputs(outputs)
		for i := range min(m.whole.Batch, dims[0]-at) {
			row, err := m.row(outputs, i, ragged)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return stackRows(rows, ragged), nil
}

// learnOutputs finds out after the first pass whether the outputs have no axis of pictures, and returns that. It finds
// out, too, whether they are those of a detector. A picture without objects may not tell: later ones are looked at
// until one does.
func (m *Model) learnOutputs(outputs []onnxruntime.Tensor) (ragged bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.learned || m.passed && !m.ragged {
		return m.ragged
	}
	names, spec := detections.Roles(outputs)
	if !m.passed {
		m.passed, m.ragged = true, m.lackBatch(outputs) || spec != nil && len(outputs[0].Dims) < 3
	}
	m.learned = spec != nil
	switch {
	case spec == nil:
	case m.card.Detector != nil:
		m.card.DetectorTold = m.card.DetectorTold || m.card.Detector.Decoder == spec.Decoder
	default:
		if filled, err := spec.WithDefaults(); err == nil {
			filled.Outputs = names
			m.card.Detector, m.card.DetectorTold = &filled, true
		}
	}
	return m.ragged
}

// lackBatch tells whether outputs have no axis of pictures, as far as shapes and rows of detections tell.
func (m *Model) lackBatch(outputs []onnxruntime.Tensor) bool {
	return m.whole.Bare || detections.MayBeRows(outputs) ||
		m.whole.Batch == 1 && slices.ContainsFunc(outputs, func(t onnxruntime.Tensor) bool {
			return len(t.Dims) == 0 || t.Dims[0] != 1
		})
}

// row returns the part of the outputs that belongs to picture i, [1, ...] each.
func (m *Model) row(outputs []onnxruntime.Tensor, i int, ragged bool) (map[string]source.Value, error) {
	row := map[string]source.Value{}
	for _, t := range outputs {
		switch {
		case ragged:
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

// stackRows returns the rows of all pictures as one batch. If the pictures have different numbers of objects, it adds
// rows of zeros up to a power of two, so that few programs are needed to read them.
func stackRows(rows []map[string]source.Value, ragged bool) map[string]source.Value {
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
