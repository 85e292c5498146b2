package foreign

import (
	"sync"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// rowsOf are the outputs of a detector that writes rows of six.
func rowsOf(rows ...float32) []onnxruntime.Tensor {
	n := len(rows) / 6
	return []onnxruntime.Tensor{{Name: "rows", Type: "float32", Dims: []int{n, 6}, Values: rows},
		{Name: "count", Type: "int32", Dims: []int{1}, Values: []float32{float32(n)}}}
}

// A picture in which nothing is found does not tell in which order the numbers of a row stand. The next one does, and
// no later one changes it. All have rows from the first on, also one alone.
func TestRowsAreLearntWhenThereAreSome(t *testing.T) {
	for name, empty := range map[string][]onnxruntime.Tensor{
		"no rows": rowsOf(), "a row of zeros": rowsOf(0, 0, 0, 0, 0, 0)} {
		m := &Model{whole: source.WholeModel{Batch: 1}}
		if ragged := m.learnOutputs(empty); !ragged || m.Card().Detector != nil {
			t.Errorf("%s: ragged %v, read by %+v", name, ragged, m.Card().Detector)
		}
		var calls sync.WaitGroup
		for range 4 { // calls at once
			calls.Go(func() {
				if !m.learnOutputs(rowsOf(1, 2, 30.5, 40.5, 0.9, 3)) || m.Card().Detector == nil {
					t.Errorf("%s: the rows are not learnt", name)
				}
			})
		}
		calls.Wait()
		m.learnOutputs(rowsOf(3, 0.9, 1, 2, 30.5, 40.5))
		if got := m.Card(); got.Detector == nil || got.Detector.Decoder != "end-to-end" || !got.DetectorTold {
			t.Errorf("%s: read by %+v", name, got.Detector)
		}
	}
	logits := rowsOf(0.5, 2, -0.5, 2, 0.5, 2.5)
	m := &Model{whole: source.WholeModel{Batch: 1}}
	if m.learnOutputs(logits) || m.learnOutputs(rowsOf(3, 0.9, 1, 2, 30.5, 40.5)) || m.Card().Detector != nil {
		t.Errorf("six logits and the number of the largest are read by %+v", m.Card().Detector)
	}
}
