package engine

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// twoPictures are sin(i) and cos(i), by place, as testdata/batch/generate.py has them.
func twoPictures() gradcamnb.Tensor {
	t := gradcamnb.Tensor{Dims: []int{2, 3, 32, 32}}
	for _, f := range []func(float64) float64{math.Sin, math.Cos} {
		for i := range 3 * 32 * 32 {
			t.Values = append(t.Values, float32(f(float64(i))))
		}
	}
	return t
}

func batchModel(t *testing.T, e *Engine, name string) *gradcamnb.Model {
	t.Helper()
	s, err := e.Open(golden.Path("batch", name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(s)
}

// A file that was made for one picture, or for four, gives two pictures the scores that onnxruntime gives each of them.
// Every method's maps of the two are those of each picture alone, in passes of any size.
func TestFilesOfABatchOfTheirOwn(t *testing.T) {
	data, err := os.ReadFile(golden.Path("batch", "outputs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][][]float64
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	methods := []string{"Grad-CAM", "HiResCAM", "Score-CAM", "Ablation-CAM", "Recipro-CAM", "RISE", "Occlusion",
		"SmoothGrad", "Integrated gradients"}
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, name := range []string{"swallow", "token", "mixed", "four"} {
			m := batchModel(t, e, name)
			explain := func(in gradcamnb.Tensor, batch int) []*aloneMap {
				t.Helper()
				choices := []gradcamnb.Choice{}
				if name == "mixed" { // no layer of it is suggested
					choices = append(choices, gradcamnb.Layers("/Relu_output_0"))
				}
				results, err := m.ExplainTensor(in, append(choices, gradcamnb.Class(1), gradcamnb.Methods(methods...),
					gradcamnb.Sampled(gradcamnb.Sampling{Masks: 20, Grid: 4, Batch: batch}))...)
				if err != nil {
					t.Fatalf("%s, passes of %d: %v", name, batch, err)
				}
				var maps []*aloneMap
				for i, r := range results {
					for k, v := range r.Scores {
						if w := want[name][i][k]; in.Dims[0] == 2 && !(math.Abs(float64(v)-w) < 1e-5) {
							t.Errorf("%s scores picture %d, class %d %g, and onnxruntime %g", name, i, k, v, w)
						}
					}
					for _, one := range r.Maps {
						maps = append(maps, &aloneMap{one.Method, one.Raw.Values})
					}
				}
				return maps
			}
			both := twoPictures()
			alone := append(explain(part(both, 0), 1), explain(part(both, 1), 1)...)
			for _, batch := range []int{0, 3} {
				for i, got := range explain(both, batch) {
					for k, v := range got.values {
						if w := alone[i].values[k]; !(math.Abs(float64(v-w)) < 2e-5*max(1, math.Abs(float64(w)))) {
							t.Fatalf("%s of %s in passes of %d: value %d of map %d is %g, and %g of the picture alone", got.method, name,
								batch, k, i, v, w)
						}
					}
				}
			}
		}
	})
}

type aloneMap struct {
	method string
	values []float32
}

// An output without an axis of the pictures is refused before any pass.
func TestOutputWithoutABatch(t *testing.T) {
	m := batchModel(t, New("go"), "first")
	for _, method := range []string{"RISE", "Grad-CAM"} {
		_, err := m.ExplainTensor(part(twoPictures(), 0), gradcamnb.Class(1), gradcamnb.Methods(method))
		if err == nil || !strings.Contains(err.Error(), "first axis") {
			t.Errorf("the error of %s is %v", method, err)
		}
	}
}

// Metrics after a method of gradients run in batches whose answers were compared with those of single pictures, and
// have the values that passes of one picture give.
func TestMeasuredBatchIsProved(t *testing.T) {
	e := New("go")
	s, err := e.Open(golden.Path("batch", "swallow.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	measure := func(metric string, batch int) float64 {
		t.Helper()
		results, err := gradcamnb.NewModel(s).ExplainTensor(part(twoPictures(), 0), gradcamnb.Class(1),
			gradcamnb.Methods("Grad-CAM"), gradcamnb.Sampled(gradcamnb.Sampling{Batch: batch}),
			gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{metric}}))
		if err != nil {
			t.Fatal(err)
		}
		return results[0].Maps[0].Metrics[metric]
	}
	proved := func() (n int) {
		s.(*session).proved.Range(func(any, any) bool { n++; return true })
		return n
	}
	measure("Gini", 4)
	if n := proved(); n != 0 {
		t.Errorf("%d batches are proved for a metric that needs the map alone", n)
	}
	alone := measure("deletion", 1)
	if n := proved(); n != 0 {
		t.Errorf("%d batches are proved, although passes were of one", n)
	}
	together := measure("deletion", 4)
	if n := proved(); n != 1 {
		t.Errorf("%d batches are proved, and one was measured in", n)
	}
	if !(math.Abs(alone-together) < 1e-5) {
		t.Errorf("deletion is %g in passes of four and %g in passes of one", together, alone)
	}
}
