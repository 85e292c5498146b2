package engine_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// volumeNetwork is a network of testdata/volumes/generate.py with what captum 0.9.0 and grad-cam 1.5.7 make of it.
type volumeNetwork struct {
	Layer     string
	Suggested string
	Score     float32
	Maps      map[string]struct { // by method, "full " before it if it is resized to the volume
		Shape  []int
		Values []float32
	}
}

// Maps of networks on volumes, channels first and last, of both exporters, are those of the peers: at a layer, of the
// voxels, by occlusion and by RISE.
func TestVolumes(t *testing.T) {
	data, err := os.ReadFile(golden.Path("volumes", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]volumeNetwork
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 7 {
		t.Fatalf("%d networks, want 7", len(all))
	}
	for _, backend := range []string{"go", "xla:cpu"} {
		t.Run(backend, func(t *testing.T) {
			e := engine.New(backend)
			if err := e.Start(); err != nil {
				if backend == "go" {
					t.Fatal(err)
				}
				require.Missing(t, "xla", err.Error())
			}
			if backend != "go" && !require.IsSlow() { // its programs take seconds each to compile
				all = map[string]volumeNetwork{"plain": all["plain"]}
			}
			compareVolumes(t, e, all)
		})
	}
}

func compareVolumes(t *testing.T, e *engine.Engine, all map[string]volumeNetwork) {
	for name, net := range all {
		t.Run(name, func(t *testing.T) {
			m, x := openVolume(t, e, name)
			if net.Suggested != "" { // else of any size, which the list of layers would have to know
				checkSuggested(t, m, net.Suggested)
			}
			for _, method := range []string{"Grad-CAM", "LayerCAM", "HiResCAM", "Saliency", "Input x gradient",
				"Integrated gradients", "Occlusion", "RISE"} {
				want, ok := net.Maps[method]
				if !ok {
					continue
				}
				r := gradcamnb.Request{Layers: []string{net.Layer}, Methods: []string{method},
					Targets: []gradcamnb.Target{gradcamnb.Class(1)}}
				r.Sampling.Grid, r.Sampling.Masks, r.Sampling.Seed, r.Sampling.Batch = 2, 40, 5, 7
				if method == "RISE" {
					r.Sampling.Grid = 3
				}
				results, err := m.ExplainTensor(x, r)
				if err != nil {
					t.Errorf("%s: %v", method, err)
					continue
				}
				got := results[0].Maps[0]
				checkVolume(t, method, got.Raw, want.Shape, want.Values)
				if d := math.Abs(float64(got.Score - net.Score)); !(d <= 1e-5*max(1, math.Abs(float64(net.Score)))) {
					t.Errorf("%s: the score is %g, want %g", method, got.Score, net.Score)
				}
				if full, ok := net.Maps["full "+method]; ok {
					checkVolume(t, "full "+method, got.Grid, full.Shape, full.Values)
				}
			}
		})
	}
}

func openVolume(t *testing.T, e *engine.Engine, name string) (*gradcamnb.Model, gradcamnb.Tensor) {
	t.Helper()
	s, err := e.Open(golden.Path("volumes", name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	dims, values, err := npyfile.Read(golden.Path("volumes", name+".npy"))
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(s), gradcamnb.Tensor{Dims: dims, Values: values}
}

func checkVolume(t *testing.T, what string, got heatmap.Grid, shape []int, values []float32) {
	t.Helper()
	if !slices.Equal(got.Dims(), shape) {
		t.Errorf("%s: the map has the shape %v, want %v", what, got.Dims(), shape)
		return
	}
	if d := furthest(got.Values, values); !(d <= 1e-5) {
		t.Errorf("%s: the map is %.2g of its largest value off", what, d)
	}
}

// Methods that change activations, or fuse maps, have maps of volumes, too, each of the volume's shape.
func TestVolumesByEveryMethod(t *testing.T) {
	m, x := openVolume(t, engine.New("go"), "plain")
	for _, method := range []string{"Ablation-CAM", "Eigen-CAM", "Grad-CAM++", "XGrad-CAM", "Guided Grad-CAM",
		"SmoothGrad", "Mean(LayerCAM)", "AugSmooth", "FEM", "Guided backpropagation"} {
		r := gradcamnb.Request{Layers: []string{"2", "5"}, Methods: []string{method}}
		results, err := m.ExplainTensor(x, r)
		if err != nil {
			t.Errorf("%s: %v", method, err)
			continue
		}
		for _, got := range results[0].Maps {
			if want := []int{4, 8, 12}; !slices.Equal(got.Dims(), want) || len(got.Values) != 4*8*12 || got.Raw.Slices == 0 {
				t.Errorf("%s: the map has the shape %v, want %v, made of one of %v", method, got.Dims(), want, got.Raw.Dims())
			}
		}
	}
}

// What has no map of a volume, or cannot be one, is an error that says so.
func TestVolumesRefused(t *testing.T) {
	m, x := openVolume(t, engine.New("go"), "plain")
	measured := gradcamnb.Request{}
	measured.Measuring.Metrics = []string{"insertion"}
	turned := gradcamnb.Tensor{Dims: []int{1, 2, 8, 4, 12}, Values: x.Values}
	for _, c := range []struct {
		x    gradcamnb.Tensor
		r    gradcamnb.Request
		want string
	}{
		{x, gradcamnb.Request{Methods: []string{"Score-CAM"}}, "has no map of a volume"},
		{x, gradcamnb.Request{Methods: []string{"FullGrad"}}, "has no map of a volume"},
		{x, gradcamnb.Request{Methods: []string{"Recipro-CAM"}}, "has no map of a volume"},
		{x, gradcamnb.Request{Methods: []string{"SESS"}}, "has no map of a volume"},
		{x, measured, "only maps of pictures are measured"},
		{turned, gradcamnb.Request{}, "takes [1 2 4 8 12]"},
	} {
		if _, err := m.ExplainTensor(c.x, c.r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v of %v: %v, want %q", c.r.Methods, c.x.Dims, err, c.want)
		}
	}
}
