package engine

import (
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/golden"
)

// The methods that need more than activations and a gradient, against pytorch-grad-cam
// 1.5.7 and captum 0.9.0, end to end: their raw maps within each case's own tolerance.
func TestPeers(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		var w worst
		n := 0
		for _, c := range golden.All(t) {
			name := strings.Replace(c.Method, "captum.LayerGradCam", "GradCAM", 1)
			if _, err := cam.ByName(name); err != nil || len(c.Models) == 0 || len(c.Files.Raw) == 0 || fromFiles(c.Method) {
				continue
			}
			if c.ID == "efficientnet-lite0/cat/AblationCAM/blocks.10/top1" {
				continue // the peer's -1e7 (i+1), which is not the paper's zero; AblationCAM-zero is
			}
			for _, f := range c.Models {
				n++
				t.Run(c.ID+"/"+f.Exporter, func(t *testing.T) {
					if c.Method == "ScoreCAM" && c.Image != "" && e.name == "go" && !*regen {
						t.Skip("over a hundred passes of EfficientNet-Lite0 take a minute in pure Go: run with -regen")
					}
					in := caseInput(t, c)
					choices := []gradcamnb.Choice{caseTarget(t, c, f.Exporter), gradcamnb.Methods(name)}
					if c.Layer != nil {
						choices = append(choices, gradcamnb.Layers(c.Layer.ONNX[f.Exporter]))
					}
					var got []float32
					for _, r := range explainTiny(t, open(t, e, strings.TrimPrefix(f.File, "models/")), &in, choices...) {
						got = append(got, r.Maps[0].Raw.Values...)
					}
					_, want := golden.Array(t, c.Files.Raw[0])
					if strings.HasPrefix(name, "EigenSmooth") {
						want, _ = signRule(want, in.Dims[0])
					}
					w.see(t, c.ID+" raw map", relative(got, want), max(c.Tolerance.Gradients, c.Tolerance.EndToEnd, c.Tolerance.Attribution))
				})
			}
		}
		t.Logf("%d comparisons, worst %s", n, w.where)
	})
}

// Gradients at the picture, plain and guided, against captum 0.9.0, colour by colour; and
// integrated gradients, whose colours are summed here. Captum resizes its Grad-CAM by the
// nearest cell for GuidedGradCam, so the guided gradient is compared within that product.
func TestCaptum(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		var w worst
		for _, c := range golden.All(t) {
			if c.Files.Attribution == "" {
				continue
			}
			dims, want := golden.Array(t, c.Files.Attribution)
			if c.Method == "captum.IntegratedGradients" {
				want = overColours(want, dims)
			}
			for _, f := range c.Models {
				in := caseInput(t, c)
				s := open(t, e, strings.TrimPrefix(f.File, "models/"))
				var got []float32
				switch c.Method {
				case "captum.Saliency":
					got = pictureGradient(t, e, s, in, c.Target.Class, false)
				case "captum.GuidedGradCam":
					got = pictureGradient(t, e, s, in, c.Target.Class, true)
					for i, r := range explainTiny(t, s, &in, gradcamnb.Class(c.Target.Class...), gradcamnb.Layers(c.Layer.ONNX[f.Exporter])) {
						raw := r.Maps[0].Raw
						for k := range got[:len(got)/dims[0]] {
							x, y := k%dims[3], k/dims[3]%dims[2]
							got[i*len(got)/dims[0]+k] *= max(0, raw.At(x*raw.W/dims[3], y*raw.H/dims[2]))
						}
					}
				case "captum.IntegratedGradients":
					for _, r := range explainTiny(t, s, &in, gradcamnb.Class(c.Target.Class...), gradcamnb.Methods(c.Method)) {
						got = append(got, r.Maps[0].Raw.Values...)
					}
				}
				w.see(t, c.ID+"/"+f.Exporter, relative(got, want), c.Tolerance.Attribution)
			}
		}
		t.Logf("worst %s", w.where)
	})
}

// overColours sums the colours of [batch, colours, h, w].
func overColours(values []float32, dims []int) []float32 {
	n := dims[2] * dims[3]
	out := make([]float32, dims[0]*n)
	for i, v := range values {
		out[i/(dims[1]*n)*n+i%n] += v
	}
	return out
}

// pictureGradient is the gradient of the classes' logits at the picture.
func pictureGradient(t *testing.T, e *Engine, s gradcamnb.Session, in gradcamnb.Tensor, class []int, guided bool) []float32 {
	t.Helper()
	m := s.(*session).model
	exec, err := model.NewExec(e.backend.Backend, m.Store(), func(scope *model.Scope, x *Node) *Node {
		name := m.Card().Outputs[0]
		var out *Node
		if guided {
			out = buildGuided(m, scope, x, []string{name})[name]
		} else {
			out = m.Build(scope, x, []string{source.Picture}, []string{name}).Outputs[name]
		}
		var score *Node
		for i, k := range class {
			one := ReduceAllSum(Slice(out, AxisElem(i), AxisElem(k)))
			if score == nil {
				score = one
			} else {
				score = Add(score, one)
			}
		}
		return Gradient(score, x)[0]
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(slices.Clone(in.Values), in.Dims...))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](out[0])
}
