package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/plans"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// worstDifference keeps the largest difference, in units of its tolerance.
type worstDifference struct {
	share float64
	where string
}

func (w *worstDifference) see(t *testing.T, what string, difference, tolerance float64) {
	t.Helper()
	if share := difference / tolerance; share > w.share || math.IsNaN(share) {
		w.share, w.where = share, fmt.Sprintf("%s: %.3g of %.3g", what, difference, tolerance)
	}
	if !(difference <= tolerance) {
		t.Errorf("%s differs by %.3g, tolerance %.3g", what, difference, tolerance)
	}
}

// Every method at every golden layer and target, both exports, against pytorch-grad-cam
// 1.5.7: activations, gradients, raw map and heatmap, within each case's own tolerance.
// The methods of a layer and target come out of one program.
func TestParity(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		models := map[string]source.Model{} // each with the programs of this backend
		var w worstDifference
		n := 0
		for _, group := range caseGroups(t) {
			for _, f := range group[0].Models {
				if models[f.File] == nil {
					m, err := source.ONNX(golden.Path(f.File))
					if err != nil {
						t.Fatal(err)
					}
					models[f.File] = m
				}
				n += len(group)
				t.Run(group[0].ID+"/"+f.Exporter, func(t *testing.T) { w.parity(t, e, models[f.File], group, f.Exporter) })
			}
		}
		sawGoldens(t, "TestParity", n)
		t.Logf("%d comparisons, worst %s", n, w.where)
	})
}

// caseGroups are the cases of a network that differ in nothing but the method.
func caseGroups(t *testing.T) [][]golden.Case {
	t.Helper()
	var order []string
	groups := map[string][]golden.Case{}
	for _, c := range golden.All(t) {
		if comparedBy(c) != "TestParity" {
			continue
		}
		key := strings.Replace(c.ID, "/"+c.Method+"/", "/*/", 1)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], c)
	}
	var out [][]golden.Case
	for _, key := range order {
		out = append(out, groups[key])
	}
	return out
}

// fromFiles tells whether a method's map follows from the activations and the gradient.
func fromFiles(name string) bool {
	m, err := cam.ByName(name)
	if err != nil {
		return false
	}
	_, terms := m.Procedure.(cam.Terms)
	return terms || m.Name == cam.EigenCAM.Name || m.Name == cam.EigenGradCAM.Name
}

func (w *worstDifference) parity(t *testing.T, e *Engine, m source.Model, group []golden.Case, exporter string) {
	c := group[0]
	in := caseInput(t, c)
	layers := c.Layers
	if c.Layer != nil {
		layers = []golden.Layer{*c.Layer}
	}
	r := gradcamnb.Request{Targets: []gradcamnb.Target{caseTarget(t, c, exporter)}}
	for _, l := range layers {
		r.Layers = append(r.Layers, l.ONNX[exporter])
	}
	for _, c := range group {
		r.Methods = append(r.Methods, c.Method)
	}
	p, err := plans.New(t.Context(), m, in.Dims, r, plans.Context{})
	if err != nil {
		t.Fatal(err)
	}
	modulePaths(t, m, in.Dims, layers, exporter)

	acts, grads, results := explainAndLookInside(t, e, m, p, in)
	for _, c := range group {
		for i := range c.Files.Activations {
			w.see(t, c.ID+" activations", nchwDifference(t, acts[i], c.Files.Activations[i]), c.Tolerance.Activations)
		}
		for i := range c.Files.Gradients {
			w.see(t, c.ID+" gradients", nchwDifference(t, grads[i], c.Files.Gradients[i]), c.Tolerance.Gradients)
		}
	}
	for k, c := range group {
		var heat []float32
		raws := make([][]float32, len(layers))
		for _, res := range results {
			var maps []*heatmap.Map // of this method, by layer
			for i := range layers {
				maps = append(maps, res.Maps[i*len(group)+k])
				raws[i] = append(raws[i], maps[i].Raw.Values...)
				if strings.Contains(maps[i].Diagnosis, "rounding") {
					t.Errorf("%s: %s", c.ID, maps[i].Diagnosis)
				}
			}
			fused, err := heatmap.Fuse(maps...)
			if err != nil {
				t.Fatal(err)
			}
			heat = append(heat, fused.Values...)
		}
		for i, name := range c.Files.Raw {
			_, want := golden.Array(t, name)
			if strings.HasPrefix(c.Method, "Eigen") {
				want, _ = signRule(want, len(results))
			}
			// A raw map is as exact as its gradients, or as the heatmap if the formula
			// divides by a sum that nearly cancels (XGrad-CAM before a ReLU).
			w.see(t, c.ID+" raw map", relative(raws[i], want), max(c.Tolerance.Gradients, c.Tolerance.EndToEnd))
		}
		if c.Files.Heatmap != "" {
			_, want := golden.Array(t, c.Files.Heatmap)
			w.see(t, c.ID+" heatmap", absolute(heat, want), c.Tolerance.EndToEnd)
		}
	}
}

// modulePaths checks that the source network's module means the golden tensor.
// EfficientNet-Lite0 was exported from a network whose modules have other names.
func modulePaths(t *testing.T, m source.Model, dims []int, layers []golden.Layer, exporter string) {
	t.Helper()
	if m.Card().Name == "EfficientNet-Lite0" {
		return
	}
	all, err := m.Layers(t.Context(), dims, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		if found, err := source.Resolve(all, l.Torch); err != nil || found.Name != l.ONNX[exporter] {
			t.Errorf("module %s is the tensor %q (%v), want %q", l.Torch, found.Name, err, l.ONNX[exporter])
		}
	}
}

// caseInput is the model's input of a case: an array, or the 224 x 224 picture.
func caseInput(t *testing.T, c golden.Case) gradcamnb.Tensor {
	t.Helper()
	if c.InputFile != "" {
		dims, values := golden.Array(t, c.InputFile)
		return gradcamnb.Tensor{Dims: dims, Values: values}
	}
	img, err := imgio.Open(golden.Path(c.Image))
	if err != nil {
		t.Fatal(err)
	}
	prep := imgio.Prep{Width: 224, Height: 224, Fit: imgio.Stretch, Mean: [3]float32{127, 127, 127},
		Scale: [3]float32{128, 128, 128}, Order: "RGB"}
	values, _, err := prep.Tensor(img, imgio.ChannelsFirst)
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.Tensor{Dims: []int{1, 3, 224, 224}, Values: values}
}

func caseTarget(t *testing.T, c golden.Case, exporter string) gradcamnb.Target {
	t.Helper()
	switch c.Target.Kind {
	case "logit", "finer": // FinerCAM turns the class's logit into its own score
		return gradcamnb.Class(c.Target.Class...)
	case "softmax_probability":
		return gradcamnb.Softmax(c.Target.Class...)
	case "output_element":
		return gradcamnb.Output(c.Target.Output, c.Target.Index...)
	case "pre_sigmoid_logit":
		return gradcamnb.Element(c.Target.Tensor[exporter], c.Target.Index...)
	case "mask_sum", "mask_mean":
		dims, values := golden.Array(t, c.Target.Mask)
		target := gradcamnb.Target{Spec: kind.Spec{Kind: "region", Index: c.Target.Class, Mean: c.Target.Kind == "mask_mean"}}
		for i := range dims[0] {
			n := dims[1] * dims[2]
			target.Masks = append(target.Masks, heatmap.Grid{H: dims[1], W: dims[2], Values: values[i*n : (i+1)*n]})
		}
		return target
	}
	t.Fatalf("target %q", c.Target.Kind)
	return gradcamnb.Target{}
}

// The golden maps that vanish, since their layer is only read through a layer norm, are
// rounding noise and are said to be, at both exports; Grad-CAM's at the same layer is none.
func TestRoundingNoiseIsDiagnosed(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		n := 0
		for _, c := range golden.Cases(t, "HiResCAM") {
			if comparedBy(c) != "TestRoundingNoiseIsDiagnosed" {
				continue
			}
			for _, f := range c.Models {
				n++
				in := caseInput(t, c)
				for _, r := range explainTiny(t, open(t, e, strings.TrimPrefix(f.File, "models/")), &in,
					caseTarget(t, c, f.Exporter),
					gradcamnb.Layers(c.Layer.ONNX[f.Exporter]), gradcamnb.Methods("HiResCAM", "Grad-CAM")) {
					for i, noise := range []bool{true, false} {
						if m := r.Maps[i]; strings.Contains(m.Diagnosis, "rounding noise") != noise {
							t.Errorf("%s, %s: %q; the largest value is %.2g of %g", c.ID, m.Method, m.Diagnosis,
								relative(m.Raw.Values, make([]float32, len(m.Raw.Values)))/float64(m.Gross), m.Gross)
						}
					}
				}
			}
		}
		if n != 8 {
			t.Errorf("%d golden maps vanish, want 2 networks x 2 targets x 2 exports", n)
		}
	})
}

// explainAndLookInside runs a plan as a session does, in a program that also hands
// out the activations and gradients, [b, h, w, c], that the maps are made of.
func explainAndLookInside(t *testing.T, e *Engine, m source.Model, p plans.Plan,
	in gradcamnb.Tensor) (acts, grads []*tensors.Tensor, results []*heatmap.Result) {
	t.Helper()
	exec, err := model.NewExec(e.backend.Backend, m.Store(), func(scope *model.Scope, inputs []*Node) []*Node {
		built := p.Build(m, scope, inputs)
		return append(built.Intermediates(), built.List()...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	args, err := p.Arguments(e.backend, in.Values)
	if err != nil {
		t.Fatal(err)
	}
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a
	}
	out, err := exec.Call(list...)
	if err != nil {
		t.Fatal(err)
	}
	for range p.Layers {
		acts, grads, out = append(acts, out[0]), append(grads, out[1]), out[2:]
	}
	prepared, err := inputs.PrepareTensor(m.Card(), in)
	if err != nil {
		t.Fatal(err)
	}
	if results, _, err = p.Results(m.Card(), out, prepared, e.backend.Name); err != nil {
		t.Fatal(err)
	}
	return acts, grads, results
}

// nchwDifference compares a tensor [b, h, w, c] with an array [b, c, h, w].
func nchwDifference(t *testing.T, got *tensors.Tensor, name string) float64 {
	t.Helper()
	dims, want := golden.Array(t, name)
	values := tensors.MustCopyFlatData[float32](got)
	if have := got.Shape().Dimensions; !slices.Equal(have, []int{dims[0], dims[2], dims[3], dims[1]}) {
		t.Fatalf("%s: shape %v, want %v as [b, h, w, c]", name, have, dims)
	}
	turned := make([]float32, len(want))
	b, c, h, w := dims[0], dims[1], dims[2], dims[3]
	for i := range b {
		for k := range c {
			for y := range h {
				for x := range w {
					turned[((i*h+y)*w+x)*c+k] = want[((i*c+k)*h+y)*w+x]
				}
			}
		}
	}
	return relative(values, turned)
}

// relative is the largest difference over the largest value.
func relative(got, want []float32) float64 {
	var scale float64
	for _, v := range want {
		scale = max(scale, math.Abs(float64(v)))
	}
	if scale == 0 {
		scale = 1
	}
	return absolute(got, want) / scale
}

func absolute(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.NaN()
	}
	var d float64
	for i := range got {
		d = max(d, math.Abs(float64(got[i])-float64(want[i])))
	}
	return d
}
