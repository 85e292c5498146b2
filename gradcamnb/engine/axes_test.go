package engine_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// layoutNetwork is a network of testdata/axes/generate.py with torch 2.15.0's Grad-CAM at a layer.
type layoutNetwork struct {
	Layer     string
	Suggested string
	Cases     map[string]struct {
		Score float32
		Unit  string
		Shape [2]int
		Map   []float32
	}
}

// Map, score and unit are those of torch for any order of a file's axes, any number and place of its tokens, and any
// shape and unit of its output.
func TestLaidOut(t *testing.T) {
	data, err := os.ReadFile(golden.Path("axes", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]layoutNetwork
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	e := engine.New("go")
	for name, net := range all {
		t.Run(name, func(t *testing.T) {
			s, err := e.Open(golden.Path("axes", name+".onnx"))
			if err != nil {
				t.Fatal(err)
			}
			m := gradcamnb.NewModel(s)
			dims, values, err := npyfile.Read(golden.Path("axes", name+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			x := gradcamnb.Tensor{Dims: dims, Values: values}
			if net.Suggested != "" {
				checkSuggested(t, m, net.Suggested)
			}
			for target, want := range net.Cases {
				aim, err := gradcamnb.ParseTarget(target)
				if err != nil {
					t.Fatal(err)
				}
				results, err := m.ExplainTensor(x, gradcamnb.Request{Layers: []string{net.Layer}, Targets: []gradcamnb.Target{aim}})
				if err != nil {
					t.Errorf("%s: %v", target, err)
					continue
				}
				got := results[0].Maps[0]
				if got.Raw.H != want.Shape[0] || got.Raw.W != want.Shape[1] {
					t.Errorf("%s: the map is %d x %d, want %v", target, got.Raw.H, got.Raw.W, want.Shape)
					continue
				}
				if d := furthest(got.Raw.Values, want.Map); !(d <= 1e-5) {
					t.Errorf("%s: the map is %.2g of its largest value off", target, d)
				}
				if !(math.Abs(float64(got.Score-want.Score)) <= 1e-5*max(1, math.Abs(float64(want.Score)))) ||
					got.ScoreUnit != want.Unit {
					t.Errorf("%s: the score is %g %s, want %g %s", target, got.Score, got.ScoreUnit, want.Score, want.Unit)
				}
			}
		})
	}
}

func checkSuggested(t *testing.T, m *gradcamnb.Model, want string) {
	t.Helper()
	layers, err := m.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var suggested []string
	for _, l := range layers {
		if l.Suggested {
			suggested = append(suggested, l.Path)
		}
	}
	if !slices.Equal(suggested, []string{want}) {
		t.Errorf("%q are suggested, want %s", suggested, want)
	}
}

// furthest is the largest difference of two maps, divided by the second's largest value.
func furthest(got, want []float32) float64 {
	var most, size float64
	for i := range want {
		most, size = max(most, math.Abs(float64(got[i]-want[i]))), max(size, math.Abs(float64(want[i])))
	}
	return most / size
}
