package source

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// onBackends runs a test on every backend that is installed, in both layouts.
func onBackends(t *testing.T, test func(t *testing.T, b compute.Backend, o onnxnorm.Options)) {
	t.Helper()
	for _, name := range []string{"go:ops_sequential", "xla:cpu"} {
		t.Run(name, func(t *testing.T) {
			kind, _, _ := strings.Cut(name, ":")
			if kind != "go" && !slices.Contains(compute.List(), kind) {
				require.Missing(t, "xla", "this test program is built without it")
			}
			b, err := compute.NewWithConfig(name)
			if err != nil && kind == "go" {
				t.Fatalf("the backend go does not start: %v", err)
			}
			if err != nil {
				require.Missing(t, "xla", err.Error())
			}
			for layout, o := range map[string]onnxnorm.Options{"channels last": {}, "layout kept": {KeepLayout: true}} {
				t.Run(layout, func(t *testing.T) { test(t, b, o) })
			}
		})
	}
}

// Every operator case of testdata/ops against onnxruntime 1.32, in value, and
// against central differences of itself, in gradient.
func TestOperators(t *testing.T) {
	files, err := filepath.Glob(golden.Path("ops", "*.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no operator cases: %v", err)
	}
	onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".onnx")
			t.Run(name, func(t *testing.T) {
				m, err := ONNXWith(file, o)
				if err != nil {
					t.Fatal(err)
				}
				_, want, err := npyfile.Read(strings.TrimSuffix(file, ".onnx") + ".npy")
				if err != nil {
					t.Fatal(err)
				}
				c := newCheck(t, b, m)
				x := picture(m.Card().Input)
				got := c.values(x)
				if d := difference(got, want); !(d < 1e-5) {
					t.Errorf("differs from onnxruntime by %g of its largest value", d)
				}
				// These are the forms for graphs with a gradient, by the score of their values.
				score, _ := c.scored(x)
				var sum, terms float64
				for i, v := range want {
					term := float64(v) * math.Cos(float64(i))
					sum, terms = sum+term, terms+math.Abs(term)
				}
				if !(math.Abs(score-sum) <= 1e-5*terms) {
					t.Errorf("before a gradient, the score is %g, onnxruntime's %g", score, sum)
				}
				if strings.HasPrefix(name, "qlinear-") { // four steps of x, so that whole steps come out, and one of the finest result
					c.gradient(t, x, 1.0/8, 1.0/256)
				} else {
					c.gradient(t, x, 1.0/256, 0)
				}
			})
		}
	})
}

// picture returns the input of testdata/ops/generate.py.
func picture(dims []int) []float32 {
	n := 1
	for _, d := range dims {
		n *= d
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(float64((i*7919)%1009)/1009*4 - 2)
	}
	return out
}

func difference(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.NaN()
	}
	var d, scale float64
	for i := range got {
		d, scale = max(d, math.Abs(float64(got[i])-float64(want[i]))), max(scale, math.Abs(float64(want[i])))
	}
	return d / max(scale, 1e-9)
}

// check runs the operator of a case, whose operand is the tensor "x".
type check struct {
	dims    []int
	forward *model.Exec // image -> y
	both    *model.Exec // image -> s, ds/dx for the score s = SUM y * v
}

func newCheck(t *testing.T, b compute.Backend, m Model) check {
	t.Helper()
	y := m.Card().Outputs[0]
	forward, err := model.NewExec(b, m.Store(), func(scope *model.Scope, x *Node) *Node {
		return m.Build(scope, x, nil, []string{y}).Outputs[y]
	})
	if err != nil {
		t.Fatal(err)
	}
	both, err := model.NewExec(b, m.Store(), func(scope *model.Scope, x *Node) []*Node {
		built := m.Build(scope, x, []string{"x"}, []string{y})
		score := ReduceAllSum(Mul(built.Outputs[y], projection(x.Graph(), built.Outputs[y])))
		cut := built.Cuts[0]
		grad := Gradient(score, cut.Node)[0]
		return []*Node{score, cut.Grid(grad)}
	})
	if err != nil {
		t.Fatal(err)
	}
	return check{m.Card().Input, forward, both}
}

// projection gives the output fixed weights, cos(i) for element i, and returns their weighted sum.
func projection(g *Graph, y *Node) *Node {
	weights := make([]float32, y.Shape().Size())
	for i := range weights {
		weights[i] = float32(math.Cos(float64(i)))
	}
	return Const(g, tensors.FromFlatDataAndDimensions(weights, y.Shape().Dimensions...))
}

func (c check) values(x []float32) []float32 {
	return tensors.MustCopyFlatData[float32](c.forward.MustCall(tensors.FromFlatDataAndDimensions(x, c.dims...))[0])
}

// scored returns the score of x and its gradient, [b, h, w, c].
func (c check) scored(x []float32) (float64, []float32) {
	out := c.both.MustCall(tensors.FromFlatDataAndDimensions(x, c.dims...))
	return float64(tensors.MustCopyFlatData[float32](out[0])[0]), tensors.MustCopyFlatData[float32](out[1])
}

// gradient compares with central differences over h, at elements spread over the input. Scores are summed in float32,
// so the comparison is to one percent of the largest gradient. step is by how much a rounding may move the higher score
// against the lower.
func (c check) gradient(t *testing.T, x []float32, h float32, step float64) {
	t.Helper()
	_, grad := c.scored(x)
	var scale float64
	for _, v := range grad {
		scale = max(scale, math.Abs(float64(v)))
	}
	if scale == 0 {
		t.Fatal("the gradient is zero everywhere")
	}
	for i := 0; i < len(x); i += len(x)/23 + 1 {
		up, down := slices.Clone(x), slices.Clone(x)
		up[i] += h
		down[i] -= h
		high, _ := c.scored(up)
		low, _ := c.scored(down)
		numeric := (high - low) / float64(2*h)
		if analytic := float64(grad[c.lastIndex(i)]); !(math.Abs(analytic-numeric) <= 0.01*scale+0.002+step/float64(2*h)) {
			t.Errorf("element %d: gradient %g, by differences %g (largest %g)", i, analytic, numeric, scale)
		}
	}
}

// lastIndex returns where element i of [b, c, h, w] stands in [b, h, w, c].
func (c check) lastIndex(i int) int {
	channels, h, w := c.dims[1], c.dims[2], c.dims[3]
	x, y, k, b := i%w, i/w%h, i/(w*h)%channels, i/(w*h*channels)
	return ((b*h+y)*w+x)*channels + k
}

// Ties in a max pool, by hand: in a window [0, 0; 0, 0] torch sends the gradient
// to the first cell in row-major order, and in [1, 3; 3, 2] to the first 3.
func TestMaxPoolTies(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
		m, err := ONNXWith(golden.Path("ops", "maxpool-2x2.onnx"), o)
		if err != nil {
			t.Fatal(err)
		}
		e := model.MustNewExec(b, m.Store(), func(scope *model.Scope, x *Node) *Node {
			built := m.Build(scope, x, []string{"x"}, []string{"y"})
			return built.Cuts[0].Grid(Gradient(ReduceAllSum(built.Outputs["y"]), built.Cuts[0].Node)[0])
		})
		got := tensors.MustCopyFlatData[float32](e.MustCall(tensors.FromFlatDataAndDimensions([]float32{
			0, 0, 1, 3,
			0, 0, 3, 2,
		}, 1, 1, 2, 4))[0])
		if want := []float32{1, 0, 0, 1, 0, 0, 0, 0}; !slices.Equal(got, want) {
			t.Errorf("gradient %v, want %v", got, want)
		}
	})
}

// The kinks, by hand: torch's Relu'(0) = 0, and ReLU6' is 0 at 0 and at 6.
func TestKinks(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
		for file, c := range map[string]struct{ x, want []float32 }{
			"relu.onnx": {[]float32{-1, 0, 1, 2}, []float32{0, 0, 1, 1}},
			"clip.onnx": {[]float32{-0.5, 0, 1.1, 2}, []float32{0, 1, 0, 0}}, // clips to [-0.5, 1.1]
		} {
			m, err := ONNXWith(golden.Path("ops", file), o)
			if err != nil {
				t.Fatal(err)
			}
			e := model.MustNewExec(b, m.Store(), func(scope *model.Scope, x *Node) *Node {
				built := m.Build(scope, x, []string{"x"}, []string{"y"})
				return Gradient(ReduceAllSum(built.Outputs["y"]), built.Cuts[0].Node)[0]
			})
			got := tensors.MustCopyFlatData[float32](e.MustCall(tensors.FromFlatDataAndDimensions(c.x, 1, 1, 1, 4))[0])
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: gradient at %v is %v, want %v", file, c.x, got, c.want)
			}
		}
	})
}

// Every golden model, both exports, within 1e-4 of onnxruntime's outputs.
func TestModelsAgainstONNXRuntime(t *testing.T) {
	files, err := filepath.Glob(golden.Path("models", "*.*.onnx"))
	if err != nil || len(files) != 22 {
		t.Fatalf("%d golden models: %v", len(files), err)
	}
	exporter := map[string]string{"ts": "torchscript", "dyn": "dynamo"}
	onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
		worst, where := 0.0, ""
		for _, file := range files {
			m, err := ONNXWith(file, o)
			if err != nil {
				t.Fatal(err)
			}
			name, export, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".onnx"), ".")
			dims, x := golden.Array(t, "golden/"+name+"/input.npy")
			for output, got := range outputs(t, b, m, dims, x) {
				_, want := golden.Array(t, fmt.Sprintf("golden/%s/ort_%s_%s.npy", name, exporter[export], output))
				var d float64
				for i := range want {
					d = max(d, math.Abs(float64(got[i])-float64(want[i])))
				}
				if !(d <= 1e-4) || len(got) != len(want) {
					t.Errorf("%s %s: output %s differs by %g", name, export, output, d)
				}
				if d > worst {
					worst, where = d, name+" "+export
				}
			}
		}
		t.Logf("worst %g of 1e-4 at %s", worst, where)
	})
}

func outputs(t *testing.T, b compute.Backend, m Model, dims []int, x []float32) map[string][]float32 {
	t.Helper()
	names := m.Card().Outputs
	e, err := model.NewExec(b, m.Store(), func(scope *model.Scope, x *Node) []*Node {
		built := m.Build(scope, x, nil, names)
		var out []*Node
		for _, n := range names {
			out = append(out, built.Outputs[n])
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Finalize()
	got := map[string][]float32{}
	for i, v := range e.MustCall(tensors.FromFlatDataAndDimensions(x, dims...)) {
		got[names[i]] = tensors.MustCopyFlatData[float32](v)
	}
	return got
}

// CenterFace declares an input [10, 3, 32, 32] and computes at any multiple of 32:
// within 1e-4 of onnxruntime's outputs for a picture of 512x512 pixels, which it
// takes as RGB 0..255.
func TestCenterFaceAgainstONNXRuntime(t *testing.T) {
	pic, err := imgio.Open(golden.Path("images", "astronaut.png"))
	if err != nil {
		t.Fatal(err)
	}
	prep := imgio.Prep{Width: 512, Height: 512, Fit: imgio.Stretch, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	x, _, err := prep.Tensor(pic, imgio.ChannelsFirst)
	if err != nil {
		t.Fatal(err)
	}
	onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
		m, err := ONNXWith(golden.Path("models", "centerface.onnx"), o)
		if err != nil {
			t.Fatal(err)
		}
		got := outputs(t, b, m, []int{1, 3, 512, 512}, x)
		for output, file := range map[string]string{"537": "heatmap", "538": "scale", "539": "offset"} {
			_, want := golden.Array(t, "golden/centerface/astronaut_"+file+".npy")
			var d float64
			for i := range want {
				d = max(d, math.Abs(float64(got[output][i])-float64(want[i])))
			}
			if !(d <= 1e-4) || len(got[output]) != len(want) {
				t.Errorf("%s differs by %g", file, d)
			}
			t.Logf("%s: %g of 1e-4", file, d)
		}
	})
}
