package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// zooCase is a network of testdata/zoo, as generate.py there describes it.
type zooCase struct {
	Name, Family, Maker, Layer, Tensor string
	Opset                              int
	Input                              []int
	Outputs                            []string
	Shapes                             [][]int
	Steps                              []int // every so manieth value of an output is kept
	Target                             struct {
		Kind  string
		Index []int32
	}
	Values    float64 // tolerance of the outputs if it is not 1e-4; Maker has the reason
	Tolerance float64 // of the map, relative to its largest value
	arrays    map[string]npyfile.Array
}

// zoo is every network that lies in the folder.
func zoo(t *testing.T) []zooCase {
	t.Helper()
	files, err := filepath.Glob(golden.Path("zoo", "*.case.json"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d networks in testdata/zoo: %v", len(files), err)
	}
	var out []zooCase
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c zooCase
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if c.arrays, err = npyfile.ReadAll(golden.Path("zoo", c.Name+".npz")); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// zooPicture is the input of testdata/zoo/generate.py: stripes and a chequered grain,
// in steps of 1/64, [batch, 3, h, w], or with the channels last.
func zooPicture(dims []int) []float32 {
	last := dims[3] == 3
	h, w := dims[2], dims[3]
	if last {
		h, w = dims[1], dims[2]
	}
	mod := func(a, b int) int { return (a%b + b) % b }
	wave := func(k, period int) int {
		d := mod(k, 2*period) - period
		return max(d, -d) * 128 / period
	}
	out := make([]float32, dims[0]*3*h*w)
	for b := range dims[0] {
		for c := range 3 {
			for y := range h {
				for x := range w {
					v := wave(3*x+5*y+40*c+70*b, 61) + wave(7*x-4*y+25*c-90*b+4096, 83) - 128
					v += mod(x*7919+y*104729+c*31+b*17, 41) - 20
					at := ((b*3+c)*h+y)*w + x
					if last {
						at = ((b*h+y)*w+x)*3 + c
					}
					out[at] = float32(v) / 64
				}
			}
		}
	}
	return out
}

// zooScore is what a case explains, summed over the batch: one value of the flattened
// output a picture, or for "region" one channel summed over all pixels.
func zooScore(output *Node, kind string, index []int32) *Node {
	dims := output.Shape().Dimensions
	weights := make([]float32, output.Shape().Size())
	each := len(weights) / dims[0]
	for b, i := range index {
		if kind != "region" {
			weights[b*each+int(i)] = 1
			continue
		}
		pixels := each / dims[1]
		for k := range pixels {
			weights[b*each+int(i)*pixels+k] = 1
		}
	}
	w := Const(output.Graph(), tensors.FromFlatDataAndDimensions(weights, dims...))
	return ReduceAllSum(Mul(output, w))
}

// zooResult is how far a network is from its references on one backend.
type zooResult struct{ values, maps, seconds float64 }

// Every network of the zoo imports, its outputs are within 1e-4 of onnxruntime's (of the
// largest value if that is above 1), its layer is found by its module's name, and its
// Grad-CAM is pytorch-grad-cam's to within what float32 justifies. docs/zoo.md has the table.
func TestZoo(t *testing.T) {
	cases := zoo(t)
	var mu sync.Mutex
	results := map[string]map[string]zooResult{} // by backend and name
	t.Run("backends", func(t *testing.T) {
		onBackends(t, func(t *testing.T, e *Engine) {
			backend := strings.Split(t.Name(), "/")[2]
			mu.Lock()
			results[backend] = map[string]zooResult{}
			mu.Unlock()
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					r := c.run(t, e)
					mu.Lock()
					defer mu.Unlock()
					results[backend][c.Name] = r
				})
			}
		})
	})
	if t.Failed() {
		return
	}
	zooPage(t, cases, results)
}

func (c zooCase) run(t *testing.T, e *Engine) zooResult {
	m, err := source.ONNX(golden.Path("zoo", c.Name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	layers, err := m.Layers(t.Context(), c.Input, "")
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(c.Maker, "torch") && !strings.Contains(c.Maker, ", then") {
		if l, err := source.Resolve(layers, c.Layer); err != nil || l.Name != c.Tensor {
			t.Errorf("the module %s is the tensor %q (%v), want %q", c.Layer, l.Name, err, c.Tensor)
		}
	}
	start := time.Now()
	exec, err := model.NewExec(e.backend.Backend, m.Store(), func(scope *model.Scope, x *Node) []*Node {
		built := m.Build(scope, x, []string{c.Tensor}, c.Outputs)
		cut := built.Cuts[0]
		grad := Gradient(zooScore(built.Outputs[c.Outputs[0]], c.Target.Kind, c.Target.Index), cut.Node)[0]
		raw, _ := cam.MakeMap(cam.GradCAM.Procedure, cam.View{Act: cut.Grid(cut.Node), Grad: cut.Grid(grad)})
		out := []*Node{raw}
		for _, name := range c.Outputs {
			out = append(out, built.Outputs[name])
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(zooPicture(c.Input), c.Input...))
	if err != nil {
		t.Fatal(device.Root(err))
	}
	r := zooResult{seconds: time.Since(start).Seconds()}
	if require.IsSlow() && r.seconds > 60 { // on a quiet machine
		t.Errorf("the explanation took %.0f s, and 60 are a limit", r.seconds)
	}
	for i := range c.Outputs {
		r.values = max(r.values, c.outputDifference(t, i, out[1+i]))
	}
	if limit := max(c.Values, 1e-4); !(r.values <= limit) {
		t.Errorf("the outputs differ from onnxruntime's by %.3g, tolerance %g", r.values, limit)
	}
	want := c.arrays["map"]
	if got := out[0].Shape().Dimensions; !slices.Equal(got, want.Dims) {
		t.Fatalf("the map has the shape %v, want %v", got, want.Dims)
	}
	r.maps = relative(tensors.MustCopyFlatData[float32](out[0]), want.Values)
	if !(r.maps <= c.Tolerance) {
		t.Errorf("the map at %s differs from pytorch-grad-cam's by %.3g of its largest value, tolerance %.3g", c.Layer,
			r.maps, c.Tolerance)
	}
	return r
}

// outputDifference compares the values that are kept of output i. If the largest is above 1, the difference is relative
// to it.
func (c zooCase) outputDifference(t *testing.T, i int, got *tensors.Tensor) float64 {
	t.Helper()
	if have := got.Shape().Dimensions; !slices.Equal(have, c.Shapes[i]) {
		t.Fatalf("output %s has the shape %v, want %v", c.Outputs[i], have, c.Shapes[i])
	}
	all := tensors.MustCopyFlatData[float32](got)
	want := c.arrays[fmt.Sprintf("out%d", i)].Values
	var kept []float32
	for k := 0; k < len(all); k += c.Steps[i] {
		kept = append(kept, all[k])
	}
	scale := 1.0
	for _, v := range want {
		scale = max(scale, math.Abs(float64(v)))
	}
	return absolute(kept, want) / scale
}
