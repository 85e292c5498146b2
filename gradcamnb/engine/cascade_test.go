package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// The last quarter of a residual network's layers are those nearest to the answer, whatever a rewritten weight is
// called.
func TestWeightsByDepth(t *testing.T) {
	s := open(t, New("go"), "resnet-basic.dyn.onnx").(*session)
	explainTiny(t, s, tiny(t, "resnet-basic"))
	names := func(top float64) (out []string) {
		for _, v := range findWeights(s.model, top) {
			out = append(out, strings.TrimPrefix(v.Path(), "/onnx/"))
		}
		return out
	}
	for _, name := range names(0.25) {
		if !strings.HasPrefix(name, "fc.") && !strings.HasPrefix(name, "layer3.") {
			t.Errorf("%s is among the last quarter", name)
		}
	}
	half := strings.Join(names(0.5), " ")
	if !strings.Contains(half, "fc.weight") || !strings.Contains(half, "layer3.0.conv1") ||
		strings.Contains(half, "stem") || strings.Contains(half, "layer1.") {
		t.Errorf("the last half are %s", half)
	}
	if all := names(1); slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, "@") }) ||
		!strings.Contains(strings.Join(all, " "), "stem") {
		t.Errorf("all are %s", all)
	}
	if s.model.Depth("/onnx/@split10") != -1 {
		t.Error("a constant has a depth")
	}
}

// Maps of gradients stay the same if a number is added to the picture and subtracted again in the model. The map of
// Input x gradient, which multiplies with the picture, does not.
func TestInputInvariance(t *testing.T) {
	s, in := open(t, New("go"), "resnet-basic.dyn.onnx"), tiny(t, "resnet-basic")
	r, err := gradcamnb.NewModel(s).ExplainTensor(*in, gradcamnb.Class(1),
		gradcamnb.Methods("Saliency", "Grad-CAM", "Guided backpropagation", "Input x gradient"),
		gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{"input invariance", "relative output stability"}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r[0].Maps {
		moved := m.Metrics["input invariance"]
		if multiplied := m.Method == "Input x gradient"; multiplied != (moved > 0.05) || !multiplied && moved > 1e-3 {
			t.Errorf("%s moves by %g", m.Method, moved)
		}
		if v := m.Metrics["relative output stability"]; !(v > 0) {
			t.Errorf("the relative output stability of %s is %g", m.Method, v)
		}
	}
}

// With random weights in more and more of EfficientNet-Lite0's last layers Grad-CAM's map becomes another one, as
// Adebayo et al. 2018 found (figures 2 and 4). The network has ReLU6 and no ReLU. As in captum 0.9 and pytorch-grad-cam
// 1.5.7, guided backpropagation leaves a ReLU6 as it is, and says that it changes nothing. The case of the paper, a map
// that stays, is held by the tagger, which has ReLUs (TestTrustTellsGuidedBackpropagation).
func TestTrustOfEfficientNet(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		if e.name == "go" {
			require.Slow(t, "half a minute on two cores")
		}
		m := gradcamnb.NewModel(open(t, e, "efficientnet-lite0.onnx"))
		r, err := m.Explain(imgio.MustOpen("../../testdata/images/cat.png"),
			gradcamnb.Methods("Grad-CAM", "Guided backpropagation"), gradcamnb.Trusted())
		if err != nil {
			t.Fatal(err)
		}
		cascade := r.Maps[0].Trust.Cascade
		if len(cascade) != 3 || !(slices.Max(cascade) < 0.5) {
			t.Errorf("Grad-CAM: %.2f, want that it falls", cascade)
		}
		const words = "It depends on the last layers' weights"
		if !slices.ContainsFunc(r.Maps[0].Trust.Words, func(s string) bool { return strings.HasPrefix(s, words) }) {
			t.Errorf("Grad-CAM: %q, want %q", r.Maps[0].Trust.Words, words)
		}
		if got := r.Maps[1].Diagnosis; !strings.Contains(got, "no ReLU") {
			t.Errorf("guided backpropagation: %q, want that the model has no ReLU", got)
		}
	})
}
