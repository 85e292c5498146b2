package engine

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute-onnx/support/protos"
	"golang.org/x/image/draw"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
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
	if out, err := now.runs.Pass(t.Context(), in.Values, in.Dims, now.otherInputs); err != nil || len(out) == 0 {
		t.Errorf("a pass after the model was forgotten gives %d outputs, %v", len(out), err)
	}
}

// A pass of onnxruntime ends when its context does: of this model, whose loop runs 10^12 times, it would end in days.
func TestONNXRuntimeStops(t *testing.T) {
	needONNXRuntime(t)
	scalar := func(name string, kind protos.TensorProto_DataType) *protos.ValueInfoProto {
		v := onnxnorm.Declare(name, nil)
		v.Type.GetTensorType().ElemType = int32(kind)
		return v
	}
	of := func(op, out string, in ...string) *protos.NodeProto {
		return &protos.NodeProto{OpType: op, Input: in, Output: []string{out}}
	}
	loop := of("Loop", "v", "turns", "", "x")
	loop.Attribute = []*protos.AttributeProto{{Name: "body", Type: protos.AttributeProto_GRAPH, G: &protos.GraphProto{
		Name: "body",
		Input: []*protos.ValueInfoProto{scalar("i", protos.TensorProto_INT64), scalar("go", protos.TensorProto_BOOL),
			onnxnorm.Declare("u", []int{1, 3, 8, 8})},
		Node:   []*protos.NodeProto{of("Identity", "on", "go"), of("Sin", "w", "u")},
		Output: []*protos.ValueInfoProto{scalar("on", protos.TensorProto_BOOL), onnxnorm.Declare("w", []int{1, 3, 8, 8})},
	}}}
	data, err := proto.Marshal(&protos.ModelProto{IrVersion: 8,
		OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("x", []int{1, 3, 8, 8})},
			Initializer: []*protos.TensorProto{{Name: "turns", DataType: int32(protos.TensorProto_INT64), Int64Data: []int64{1e12}}},
			Node:        []*protos.NodeProto{loop, of("GlobalAveragePool", "p", "v"), of("Flatten", "y", "p")},
			Output:      []*protos.ValueInfoProto{onnxnorm.Declare("y", []int{1, 3})}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "loop.onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(device.ONNXRuntime).Open(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	begun := time.Now()
	_, err = gradcamnb.NewModel(s).Run(ctx, gradcamnb.Request{Pictures: []image.Image{whitePicture()},
		Prep:    &imgio.Prep{Width: 8, Height: 8, Scale: [3]float32{1, 1, 1}, Order: "RGB", Fit: imgio.Stretch},
		Methods: []string{"Occlusion"}})
	if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 5*time.Minute {
		t.Errorf("after %v: %v", took, err)
	}
}
