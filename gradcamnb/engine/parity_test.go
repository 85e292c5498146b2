package engine

import (
	"fmt"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/golden"
)

// worst keeps the largest difference, in units of its tolerance.
type worst struct {
	share float64
	where string
}

func (w *worst) see(t *testing.T, what string, difference, tolerance float64) {
	t.Helper()
	if share := difference / tolerance; share > w.share || math.IsNaN(share) {
		w.share, w.where = share, fmt.Sprintf("%s: %.3g of %.3g", what, difference, tolerance)
	}
	if !(difference <= tolerance) {
		t.Errorf("%s differs by %.3g, tolerance %.3g", what, difference, tolerance)
	}
}

// Grad-CAM of every golden case, both exports, against pytorch-grad-cam 1.5.7:
// activations, gradients, raw map and heatmap, within each case's own tolerance.
func TestGradCAMParity(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		models := map[string]source.Model{} // each with the programs of this backend
		for _, c := range golden.Cases(t, "GradCAM") {
			for _, f := range c.Models {
				if models[f.File] == nil {
					m, err := source.ONNX(golden.Path(f.File))
					if err != nil {
						t.Fatal(err)
					}
					models[f.File] = m
				}
			}
		}
		var w worst
		n := 0
		for _, c := range golden.Cases(t, "GradCAM") {
			for _, f := range c.Models {
				n++
				t.Run(c.ID+"/"+f.Exporter, func(t *testing.T) { w.parity(t, e, models[f.File], c, f.Exporter) })
			}
		}
		t.Logf("%d comparisons, worst %s", n, w.where)
	})
}

func (w *worst) parity(t *testing.T, e *Engine, m source.Model, c golden.Case, exporter string) {
	in := caseInput(t, c)
	layers := c.Layers
	if c.Layer != nil {
		layers = []golden.Layer{*c.Layer}
	}
	r := gradcamnb.Request{Targets: []gradcamnb.Target{caseTarget(t, c, exporter)}}
	for _, l := range layers {
		r.Layers = append(r.Layers, l.ONNX[exporter])
	}
	p, err := newPlan(m, in.Dims, r)
	if err != nil {
		t.Fatal(err)
	}
	modulePaths(t, m, in.Dims, layers, exporter)

	acts, grads, results := explainAndLookInside(t, e, m, p, in)
	for i := range layers {
		w.see(t, c.ID+" activations", nchwDifference(t, acts[i], c.Files.Activations[i]), c.Tolerance.Activations)
		w.see(t, c.ID+" gradients", nchwDifference(t, grads[i], c.Files.Gradients[i]), c.Tolerance.Gradients)
	}

	var heat []float32
	raws := make([][]float32, len(layers))
	for _, res := range results {
		fused, err := heatmap.Fuse(res.Maps...)
		if err != nil {
			t.Fatal(err)
		}
		heat = append(heat, fused.Values...)
		for i, m := range res.Maps {
			raws[i] = append(raws[i], m.Raw.Values...)
		}
	}
	for i, name := range c.Files.Raw {
		_, want := golden.Array(t, name)
		// A raw map is as exact as its gradients.
		w.see(t, c.ID+" raw map", relative(raws[i], want), c.Tolerance.Gradients)
	}
	_, want := golden.Array(t, c.Files.Heatmap)
	w.see(t, c.ID+" heatmap", absolute(heat, want), c.Tolerance.EndToEnd)
}

// modulePaths checks that the source network's module means the golden tensor.
// EfficientNet-Lite0 was exported from a network whose modules have other names.
func modulePaths(t *testing.T, m source.Model, dims []int, layers []golden.Layer, exporter string) {
	t.Helper()
	if m.Card().Name == "EfficientNet-Lite0" {
		return
	}
	all, err := m.Layers(dims, "")
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
	prep := imgio.Prep{Width: 224, Height: 224, Fit: imgio.Stretch, Mean: [3]float32{127, 127, 127}, Scale: [3]float32{128, 128, 128}, Order: "RGB"}
	values, _, err := prep.Tensor(img, imgio.ChannelsFirst)
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.Tensor{Dims: []int{1, 3, 224, 224}, Values: values}
}

func caseTarget(t *testing.T, c golden.Case, exporter string) gradcamnb.Target {
	t.Helper()
	switch c.Target.Kind {
	case "logit":
		return gradcamnb.Class(c.Target.Class...)
	case "softmax_probability":
		return gradcamnb.Softmax(c.Target.Class...)
	case "output_element":
		return gradcamnb.Output(c.Target.Output, c.Target.Index...)
	case "pre_sigmoid_logit":
		return gradcamnb.Element(c.Target.Tensor[exporter], c.Target.Index...)
	case "mask_sum", "mask_mean":
		dims, values := golden.Array(t, c.Target.Mask)
		target := gradcamnb.Target{Kind: "region", Index: c.Target.Class, Mean: c.Target.Kind == "mask_mean"}
		for i := range dims[0] {
			n := dims[1] * dims[2]
			target.Masks = append(target.Masks, heatmap.Grid{H: dims[1], W: dims[2], Values: values[i*n : (i+1)*n]})
		}
		return target
	}
	t.Fatalf("target %q", c.Target.Kind)
	return gradcamnb.Target{}
}

// explainAndLookInside runs a plan as a session does, in a program that also hands
// out the activations and gradients, [b, h, w, c], that the maps are made of.
func explainAndLookInside(t *testing.T, e *Engine, m source.Model, p plan, in gradcamnb.Tensor) (acts, grads []*tensors.Tensor, results []*heatmap.Result) {
	t.Helper()
	exec, err := model.NewExec(e.backend.Backend, m.Store(), func(scope *model.Scope, inputs []*Node) []*Node {
		built := p.build(m, scope, inputs)
		var out []*Node
		for _, l := range built.aims[0].layers {
			out = append(out, l.act, l.grad)
		}
		return append(out, built.outputs()...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(p.arguments(in.Values)...)
	if err != nil {
		t.Fatal(err)
	}
	for range p.layers {
		acts, grads, out = append(acts, out[0]), append(grads, out[1]), out[2:]
	}
	prepared, err := fromTensor(m.Card(), in)
	if err != nil {
		t.Fatal(err)
	}
	if results, err = assemble(m.Card(), p, out, prepared, e.backend); err != nil {
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

// The synthetic cases have activations and gradients and no network: non-square
// maps, downscaling, one pixel, all negative, zero, constant and tiny values.
func TestGradCAMFromFiles(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		var w worst
		n := 0
		for _, c := range golden.Cases(t, "GradCAM") {
			if len(c.Models) > 0 {
				continue
			}
			n++
			dims, act := golden.Array(t, c.Files.Activations[0])
			_, grad := golden.Array(t, c.Files.Gradients[0])
			out := MustExecOnceN(e.backend.Backend, func(a, g *Node) []*Node {
				last := func(x *Node) *Node { return TransposeAllAxes(x, 0, 2, 3, 1) }
				raw := cam.GradCAM.Map(last(a), last(g))
				return []*Node{raw, cam.Resize(Max(raw, ZerosLike(raw)), c.Size[0], c.Size[1])}
			}, tensors.FromFlatDataAndDimensions(act, dims...), tensors.FromFlatDataAndDimensions(grad, dims...))
			raw, full := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
			var heat []float32
			for i := range dims[0] {
				m := heatmap.Map{
					Grid: heatmap.Grid{W: c.Size[1], H: c.Size[0], Values: row(full, i, dims[0])},
					Raw:  heatmap.Grid{W: dims[3], H: dims[2], Values: row(raw, i, dims[0])},
				}
				heat = append(heat, m.Parity().Values...)
			}
			_, wantRaw := golden.Array(t, c.Files.Raw[0])
			_, wantHeat := golden.Array(t, c.Files.Heatmap)
			w.see(t, c.ID+" raw map", relative(raw, wantRaw), c.Tolerance.Raw)
			w.see(t, c.ID+" heatmap", absolute(heat, wantHeat), c.Tolerance.FromFiles)
		}
		if n == 0 {
			t.Fatal("no synthetic case")
		}
		t.Logf("%d cases, worst %s", n, w.where)
	})
}
