package engine

import (
	"image"
	"image/color"
	"math"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

func needONNXRuntime(t *testing.T) {
	t.Helper()
	if !onnxruntime.Available() {
		require.Missing(t, "onnxruntime", "the library is not installed: "+onnxruntime.HowToGet)
	}
}

func whitePicture() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	draw.Draw(img, img.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	return img
}

// Files whose graph cannot be written are run by onnxruntime by themselves: one picture
// without a batch with a suppression inside, and bytes as TensorFlow's detection API takes
// them. The box of 32 x 32 pixels at (8, 16) scores 0.9 times the mean of its part, so a
// window that hides a part of it takes 0.9 times that part away. Of a grid of 2 the windows
// are 32 pixels wide: (0, 0) lies in one that hides 16 x 24 pixels of the box, (63, 63) in
// one that hides 16 x 8.
func TestONNXRuntimeByItself(t *testing.T) {
	needONNXRuntime(t)
	for name, scale := range map[string]float32{"suppressed": 255, "bytes": 1} {
		s, err := New("go").Open(golden.Path("detectors", name+".onnx"))
		if err != nil {
			t.Fatal(err)
		}
		m := gradcamnb.NewModel(s)
		prep := gradcamnb.Prepared(imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch,
			Scale: [3]float32{scale, scale, scale}, Order: "RGB"})
		found, err := m.Detect(whitePicture(), prep)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(found) == 0 || found[0].Class != 2 || !(math.Abs(float64(found[0].Score)-0.9) <= 1e-6) ||
			found[0].Box != (heatmap.Box{8, 16, 40, 48}) {
			t.Errorf("%s: found %v", name, found)
			continue
		}
		r, err := m.Explain(whitePicture(), prep, gradcamnb.Detection(1), gradcamnb.Methods("Occlusion"),
			gradcamnb.Sampled(gradcamnb.Sampling{Grid: 2}))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		raw := r.Maps[0].Raw
		for at, want := range map[image.Point]float64{{}: 0.9 * 16 * 24 / 1024, {X: 63, Y: 63}: 0.9 * 16 * 8 / 1024} {
			if got := float64(raw.At(at.X, at.Y)); !(math.Abs(got-want) <= 1e-6) {
				t.Errorf("%s: the map at %v is %g, want %g", name, at, got, want)
			}
		}
		if name == "suppressed" && r.Backend != device.ONNXRuntime {
			t.Errorf("%s: the backend is said to be %s", name, r.Backend)
		}
		if _, err := m.Explain(whitePicture(), prep, gradcamnb.Detection(1),
			gradcamnb.Methods("Grad-CAM")); name == "suppressed" && (err == nil || !strings.Contains(err.Error(), "RISE")) {
			t.Errorf("%s: Grad-CAM ends with %v", name, err)
		}
	}
}

// A model that the graph can be written of scores the same on onnxruntime, mask by mask.
func TestONNXRuntimeAsked(t *testing.T) {
	needONNXRuntime(t)
	var weights [2][]float32
	for i, backend := range []string{"go", device.ONNXRuntime} {
		s, err := New(backend).Open(golden.Path("detectors", "heads.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := gradcamnb.NewModel(s).Explain(whitePicture(), gradcamnb.Detection(1), gradcamnb.Methods("RISE"),
			gradcamnb.Read(gradcamnb.Reading{Threshold: 0.01}),
			gradcamnb.Sampled(gradcamnb.Sampling{Masks: 24, Seed: 3}))
		if err != nil {
			t.Fatalf("%s: %v", backend, err)
		}
		weights[i] = r.Maps[0].Sampled.Weights
	}
	for i, w := range weights[0] {
		if !(math.Abs(float64(w-weights[1][i])) <= 1e-5) {
			t.Errorf("mask %d scores %g in the graph and %g on onnxruntime", i, w, weights[1][i])
		}
	}
}

// What onnxruntime has loaded lives as long as a call uses it, though the engine forgets the model meanwhile.
func TestForgottenWhileItRuns(t *testing.T) {
	needONNXRuntime(t)
	opened, err := New("go").Open(golden.Path("detectors", "suppressed.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	s := opened.(*session)
	prep := imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}
	now, in, err := s.prepareInput(t.Context(), gradcamnb.Request{Pictures: []image.Image{whitePicture()}, Prep: &prep})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	if out, err := now.runs.Pass(in.Values, in.Dims, now.otherInputs); err != nil || len(out) == 0 {
		t.Errorf("a pass after the model was forgotten gives %d outputs, %v", len(out), err)
	}
}
