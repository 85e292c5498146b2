package engine

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

func open(t *testing.T, e *Engine, file string) driver.Session {
	t.Helper()
	s, err := e.Open(golden.Path("models", file))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tiny(t *testing.T, name string) *gradcamnb.Tensor {
	t.Helper()
	dims, values := golden.Array(t, "golden/"+name+"/input.npy")
	return &gradcamnb.Tensor{Dims: dims, Values: values}
}

func explainTiny(t *testing.T, s driver.Session, in *gradcamnb.Tensor, choices ...gradcamnb.Choice) []*heatmap.Result {
	t.Helper()
	r, err := gradcamnb.NewModel(s).ExplainTensor(*in, choices...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Another class, also after the prediction, is another input of the same program.
func TestAnotherClassDoesNotCompile(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		s := open(t, e, "resnet-basic.dyn.onnx")
		in := tiny(t, "resnet-basic")
		best := explainTiny(t, s, in)
		for class := range 10 {
			for i, r := range explainTiny(t, s, in, gradcamnb.Class(class)) {
				if m := r.Maps[0]; m.Index != class || m.Target != fmt.Sprintf("class %d", class) {
					t.Errorf("picture %d: asked for class %d it explains %q, %d", i, class, m.Target, m.Index)
				}
				if b := best[i].Maps[0]; b.Index == class &&
					(b.Score != r.Maps[0].Score || b.Target != fmt.Sprintf("top 1, class %d", class)) {
					t.Errorf("picture %d: %s has the score %g, and class %d the score %g", i, b.Target, b.Score, class,
						r.Maps[0].Score)
				}
			}
		}
		if n := len(s.(*session).programs); n != 1 {
			t.Errorf("%d programs were compiled for 10 classes, want 1", n)
		}
	})
}

// Several classes and layers from one call are what single calls give.
func TestSeveralAtOnce(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		s := open(t, e, "resnet-basic.dyn.onnx")
		in := tiny(t, "resnet-basic")
		both := explainTiny(t, s, in, gradcamnb.Class(3), gradcamnb.Class(5), gradcamnb.Layers("layer2", "layer3"))
		if n := len(both[0].Maps); n != 4 {
			t.Fatalf("%d maps, want 2 classes x 2 layers", n)
		}
		at := 0
		for _, class := range []int{3, 5} {
			for _, layer := range []string{"layer2", "layer3"} {
				one := explainTiny(t, s, in, gradcamnb.Class(class), gradcamnb.Layers(layer))
				for i := range one {
					want, got := one[i].Maps[0], both[i].Maps[at]
					if d := relative(got.Raw.Values, want.Raw.Values); !(d < 1e-5) || got.Index != class {
						t.Errorf("picture %d, class %d, %s: differs by %g from the single call", i, class, layer, d)
					}
				}
				at++
			}
		}
	})
}

// A batch with a target for each picture gives the maps that the pictures give alone.
func TestTargetForEachPicture(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		s := open(t, e, "mobilenet_v3.dyn.onnx")
		in := tiny(t, "mobilenet_v3")
		together := explainTiny(t, s, in, gradcamnb.Class(4, 7))
		n := len(in.Values) / in.Dims[0]
		for i, class := range []int{4, 7} {
			single := gradcamnb.Tensor{Dims: append([]int{1}, in.Dims[1:]...), Values: in.Values[i*n : (i+1)*n]}
			alone := explainTiny(t, s, &single, gradcamnb.Class(class))
			if d := relative(together[i].Maps[0].Raw.Values, alone[0].Maps[0].Raw.Values); !(d < 1e-4) {
				t.Errorf("picture %d differs by %g when it is in a batch", i, d)
			}
		}
	})
}

// The rank-th best class is found in the graph, without a second pass.
func TestTopIsTheClass(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		s := open(t, e, "resnet-basic.dyn.onnx")
		in := tiny(t, "resnet-basic")
		for rank := 1; rank <= 3; rank++ {
			r := explainTiny(t, s, in, gradcamnb.Top(rank))
			for i := range r {
				m, want := r[i].Maps[0], r[i].Top[rank-1]
				if m.Index != want.Index || m.Score != want.Score {
					t.Errorf("picture %d: rank %d is class %d (%g), want %d (%g)", i, rank, m.Index, m.Score, want.Index, want.Score)
				}
			}
		}
	})
}

// Every mistake is an error of one line that says what is wrong and what there is.
func TestErrors(t *testing.T) {
	e := testEngine(t, "go")
	attributor, resnet, unet := open(t, e, "attributor.dyn.onnx"), open(t, e, "resnet-basic.dyn.onnx"),
		open(t, e, "unet.dyn.onnx")
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for name, c := range map[string]struct {
		session driver.Session
		input   string // of the golden network; empty for a picture
		request gradcamnb.Request
		want    []string
	}{
		"unknown layer": {resnet, "resnet-basic", gradcamnb.Request{Layers: []string{"layer33"}},
			[]string{`no layer "layer33"`, "nearest", `"layer3"`}},
		"layer without map": {resnet, "resnet-basic", gradcamnb.Request{Layers: []string{"logits"}},
			[]string{`"logits"`, "[2 10]", "no spatial size"}},
		"layer named twice": {resnet, "resnet-basic", gradcamnb.Request{Layers: []string{"layer3", "relu_12"}},
			[]string{"named twice"}},
		"class out of range": {resnet, "resnet-basic", gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Class(10)}},
			[]string{"no class 10", "0 to 9"}},
		"negative class": {resnet, "resnet-basic", gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Class(-1)}},
			[]string{"no class -1"}},
		"too many targets": {resnet, "resnet-basic",
			gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Class(1, 2, 3)}},
			[]string{"it names 3 for 2 pictures: name one for all"}},
		"rank": {resnet, "resnet-basic", gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Top(11)}},
			[]string{"from 1 to the number of classes, 10"}},
		"unknown method": {resnet, "resnet-basic", gradcamnb.Request{Methods: []string{"hallucinate"}},
			[]string{`no method "hallucinate"; docs/methods.md lists all`}},
		"several methods in one": {resnet, "resnet-basic", gradcamnb.Request{Methods: []string{"Grad-CAM,LayerCAM"}},
			[]string{"names are given one by one, and not with commas"}},
		"several layers in one": {resnet, "resnet-basic", gradcamnb.Request{Layers: []string{"layer2,layer3"}},
			[]string{`several layers are written Layers("layer2", "layer3")`}},
		"unknown output": {attributor, "attributor",
			gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Output("size", 0)}},
			[]string{`no output "size"`, "colour", "shape"}},
		"layer does not feed": {attributor, "attributor", gradcamnb.Request{Layers: []string{"body.2"},
			Targets: []gradcamnb.Target{gradcamnb.Element("mean_of_nothing", 0)}}, []string{`no layer "mean_of_nothing"`}},
		"class of a map": {unet, "unet", gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Class(1)}},
			[]string{"[2 3 64 64]", "explain a region"}},
		"empty mask": {unet, "unet",
			gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Region(1, heatmap.NewGrid(64, 64))}},
			[]string{"mask is empty"}},
		"mask of wrong size": {unet, "unet",
			gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Region(1, heatmap.NewGrid(3, 2))}},
			[]string{"3 x 2", "64 x 64"}},
		"no preprocessing": {resnet, "", gradcamnb.Request{Pictures: []image.Image{picture}},
			[]string{"nothing says how to prepare", "resnet-basic.dyn.json"}},
		"wrong rank": {resnet, "",
			gradcamnb.Request{Tensor: &gradcamnb.Tensor{Dims: []int{3, 64, 64}, Values: make([]float32, 3*64*64)}},
			[]string{"[3 64 64]", "[any 3 64 64]"}},
		"wrong channels": {resnet, "",
			gradcamnb.Request{Tensor: &gradcamnb.Tensor{Dims: []int{1, 4, 64, 64}, Values: make([]float32, 4*64*64)}},
			[]string{"number of channels"}},
		"values missing": {resnet, "",
			gradcamnb.Request{Tensor: &gradcamnb.Tensor{Dims: []int{1, 3, 64, 64}, Values: make([]float32, 7)}},
			[]string{"number of values"}},
		"too small": {resnet, "",
			gradcamnb.Request{Tensor: &gradcamnb.Tensor{Dims: []int{1, 3, 1, 1}, Values: make([]float32, 3)}},
			[]string{"no layer"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.request
			if c.input != "" {
				r.Tensor = tiny(t, c.input)
			}
			_, err := c.session.Explain(t.Context(), r)
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

// A layer on a branch beside the target's is refused, since its gradient is zero.
func TestLayerOffTheTargetsWay(t *testing.T) {
	e := testEngine(t, "go")
	s := e.Session(twoBranches(t))
	in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: make([]float32, 16)}
	_, err := gradcamnb.NewModel(s).ExplainTensor(in, gradcamnb.Layers("/side"), gradcamnb.Class(0))
	if err == nil || !strings.Contains(err.Error(), `"/side" does not feed`) || !strings.Contains(err.Error(), `"/main"`) {
		t.Errorf("error %v", err)
	}
}

// twoBranches is y = mean over space of main = 2x, with an unused side = 3x.
func twoBranches(t *testing.T) source.Model {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: "branches", Input: []int{-1, 4, 4, 1}}, model.NewStore(),
		func(_ *model.Scope, x *Node) []*Node {
			MulScalar(x, 3).WithAlias("/side")
			main := MulScalar(x, 2).WithAlias("/main")
			return []*Node{ReduceMean(main, 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Grad-CAM of a GoMLX model, worked by hand: main = 2x of a 4 x 4 picture with one
// pixel 8 at (row 1, column 2). The score is the mean of main, so its gradient is
// 1/16 in every cell, the weight is 1/16, and the map is 1/16 * main = 1 at that
// pixel and 0 elsewhere.
func TestGoMLXModelByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: make([]float32, 16)}
		in.Values[1*4+2] = 8
		r := explainTiny(t, e.Session(twoBranches(t)), &in, gradcamnb.Layers("/main"))
		m := r[0].Maps[0]
		want := make([]float32, 16)
		want[1*4+2] = 1
		if !slices.Equal(m.Raw.Values, want) || m.Score != 1 {
			t.Errorf("map %v, score %g", m.Raw.Values, m.Score)
		}
	})
}

// The gradient through a convolution with an even kernel, which GoMLX 0.28.8 gets wrong:
// a kernel 1, 2, 3, 4 with strides of two over a picture of 8 x 8 ones. The score is the mean
// of the 4 x 4 outputs, so its gradient is k/16 in each block of 2 x 2, and so is HiResCAM.
func TestEvenKernelByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		m := gomlxModel(t, e, source.Card{Name: "even", Input: []int{-1, 8, 8, 1}}, func(x *Node) []*Node {
			early := MulScalar(x, 1).WithAlias("/early")
			return []*Node{ReduceMean(Convolve(early,
				Const(x.Graph(), tensors.FromFlatDataAndDimensions([]float32{1, 2, 3, 4}, 2, 2, 1, 1))).Strides(2).Done(), 1, 2)}
		})
		in := gradcamnb.Tensor{Dims: []int{1, 8, 8, 1}, Values: slices.Repeat([]float32{1}, 64)}
		r, err := m.ExplainTensor(in, gradcamnb.Layers("/early"), gradcamnb.Methods("HiResCAM"))
		if err != nil {
			t.Fatal(err)
		}
		rows := slices.Concat(slices.Repeat([]float32{1. / 16, 2. / 16}, 4), slices.Repeat([]float32{3. / 16, 4. / 16}, 4))
		wantMap(t, "HiResCAM", r[0].Maps[0].Raw.Values, slices.Repeat(rows, 4)...)
	})
}

// NaN in the input ends as words, not as a plain picture.
func TestNaNIsDiagnosed(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		in := tiny(t, "resnet-basic")
		in.Values = slices.Clone(in.Values)
		in.Values[100] = float32(math.NaN())
		r := explainTiny(t, open(t, e, "resnet-basic.dyn.onnx"), in, gradcamnb.Class(1))
		if d := r[0].Maps[0].Diagnosis; !strings.Contains(d, "not numbers") {
			t.Errorf("diagnosis %q", d)
		}
		if d := r[1].Maps[0].Diagnosis; strings.Contains(d, "not numbers") {
			t.Errorf("the other picture of the batch is diagnosed %q", d)
		}
	})
}

// A 1 x 1 picture is scaled up and explained.
func TestOnePixel(t *testing.T) {
	s := open(t, testEngine(t, "go"), "resnet-basic.dyn.onnx")
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.SetNRGBA(0, 0, color.NRGBA{R: 200, A: 255})
	r, err := gradcamnb.NewModel(s).Explain(img,
		gradcamnb.Prepared(imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255},
			Order: "RGB"}))
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Maps[0]; m.W != 64 || m.H != 64 {
		t.Errorf("the map is %d x %d", m.W, m.H)
	}
}

// A model that another backend holds is explained, and that backend can go on with
// it: training, explaining and training again works whatever the two run on.
func TestModelOfAnotherBackend(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		trainer, err := compute.NewWithConfig("go:ops_sequential")
		if err != nil {
			t.Fatal(err)
		}
		store := model.NewStore()
		gain := func(scope *model.Scope) *model.Variable { return scope.VariableWithValue("gain", float32(1)) }
		m, err := source.GoMLX(source.Card{Name: "gain", Input: []int{-1, 4, 4, 1}}, store,
			func(scope *model.Scope, x *Node) []*Node {
				return []*Node{ReduceMean(Mul(x, gain(scope).NodeValue(x.Graph())).WithAlias("/gained"), 1, 2)}
			})
		if err != nil {
			t.Fatal(err)
		}
		double := model.MustNewExec(trainer, store, func(scope *model.Scope, g *Graph) *Node {
			v := gain(scope)
			v.SetNodeValue(MulScalar(v.NodeValue(g), 2))
			return v.NodeValue(g)
		})
		in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: slices.Repeat([]float32{3}, 16)}
		s := gradcamnb.NewModel(e.Session(m))
		for _, want := range []float32{6, 12} { // the mean of 3 * 2, then of 3 * 2 * 2
			double.MustCall()
			r, err := s.ExplainTensor(in, gradcamnb.Class(0))
			if err != nil {
				t.Fatal(err)
			}
			if got := r[0].Maps[0].Score; got != want {
				t.Errorf("score %g, want %g", got, want)
			}
		}
	})
}
