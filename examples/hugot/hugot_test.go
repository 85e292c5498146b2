package main

import (
	"encoding/json"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/knights-analytics/hugot"
	"github.com/knights-analytics/hugot/backends"
	"github.com/knights-analytics/hugot/pipelines"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

var shared = filepath.Join("..", "..", "testdata")

func session(t *testing.T) *hugot.Session {
	t.Helper()
	s, err := hugot.NewGoSession(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Destroy() })
	return s
}

// folder returns EfficientNet-Lite0 in the form that hugot takes: a file and its config.json.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile(filepath.Join(shared, "models", "efficientnet-lite0.onnx"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "model.onnx"), data, 0o600)
	}
	words, readErr := os.ReadFile(filepath.Join(shared, "models", "imagenet_classes.txt"))
	if err != nil || readErr != nil {
		t.Fatal(err, readErr)
	}
	labels := map[string]string{}
	for i, word := range strings.Split(strings.TrimSpace(string(words)), "\n") {
		labels[strconv.Itoa(i)] = word
	}
	config, err := json.Marshal(map[string]any{"id2label": labels})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// The explanation is of hugot's answer: the same classes in the same order with the same scores. The map is the one
// that the file gives when it is opened without hugot.
func TestClassification(t *testing.T) {
	p, err := classification(session(t), folder(t))
	if err != nil {
		t.Fatal(err)
	}
	cat := imgio.MustOpen(filepath.Join(shared, "images", "cat_224.png"))
	said, err := p.RunWithImages(t.Context(), []image.Image{cat})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Classifier(p, prep)
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Explain(cat)
	if err != nil {
		t.Fatal(err)
	}
	for i, of := range said.Predictions[0] {
		top := r.Top[i]
		t.Logf("hugot: %s %.4f; explained: %s %.4f", of.Label, of.Score, top.Label, top.Score)
		if top.Label != of.Label || !(math.Abs(float64(top.Score-of.Score)) <= 1e-3) {
			t.Errorf("place %d: hugot says %s with %g, and what is explained %s with %g", i+1, of.Label, of.Score, top.Label,
				top.Score)
		}
	}
	if said.Predictions[0][0].Label != "Egyptian cat" {
		t.Errorf("hugot sees %q", said.Predictions[0][0].Label)
	}

	file, err := engine.Open(filepath.Join(shared, "models", "efficientnet-lite0.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	alone, err := file.Explain(cat, gradcamnb.Layers("_swish"))
	if err != nil {
		t.Fatal(err)
	}
	if off := apart(r.Maps[0].Values, alone.Maps[0].Values); !(off <= 1e-3) {
		t.Errorf("the map at %s is off by %g from the file's own", r.Maps[0].Layer, off)
	}
}

func apart(a, b []float32) (most float64) {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	for i := range a {
		most = max(most, math.Abs(float64(a[i]-b[i])))
	}
	return most
}

// Detections are hugot's, box by box, and the map of each lies in its box. hugot takes DETR's last class, "no object",
// for a class like the others, so some of its detections are none.
func TestDetection(t *testing.T) {
	p, err := hugot.NewPipeline(session(t), hugot.ObjectDetectionConfig{
		ModelPath: filepath.Join("testdata", "detr"), Name: "detect",
		Options: []backends.PipelineOption[*pipelines.ObjectDetectionPipeline]{pipelines.WithDetectionScoreThreshold(0.5)},
	})
	if err != nil {
		t.Fatal(err)
	}
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(color.NRGBA{60, 60, 60, 255}), image.Point{}, draw.Src)
	draw.Draw(picture, image.Rect(34, 2, 46, 14), image.NewUniform(color.NRGBA{250, 10, 20, 255}), image.Point{}, draw.Src)
	draw.Draw(picture, image.Rect(2, 50, 14, 62), image.NewUniform(color.NRGBA{10, 20, 250, 255}), image.Point{}, draw.Src)
	said, err := p.RunWithImages(t.Context(), []image.Image{picture})
	if err != nil {
		t.Fatal(err)
	}
	const noObject = 3
	want := slices.DeleteFunc(said.Detections[0], func(d pipelines.Detection) bool { return d.Class == noObject })
	if len(want) != 2 {
		t.Fatalf("hugot sees %+v", want)
	}
	m, err := Detector(p, imgio.Prep{
		// hugot takes (x/255 - ImageNet's mean) / its deviation.
		Width: 64, Height: 64, Fit: imgio.Stretch, Order: "RGB",
		Mean: [3]float32{0.485 * 255, 0.456 * 255, 0.406 * 255}, Scale: [3]float32{0.229 * 255, 0.224 * 255, 0.225 * 255},
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := m.Detect(picture)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(want) {
		t.Fatalf("hugot sees %+v, and what is explained has %+v", want, found)
	}
	for i, d := range found {
		box := heatmap.Box{}
		for k, v := range want[i].Box {
			box[k] = float64(64 * v)
		}
		t.Logf("hugot: %s %.4f %v; explained: %s %.4f %v", want[i].Label, want[i].Score, box, d.Label, d.Score, d.Box)
		if d.Label != want[i].Label || !(math.Abs(float64(d.Score-want[i].Score)) <= 1e-4) || d.Box != box {
			t.Errorf("detection %d: hugot says %+v, and what is explained %+v", i+1, want[i], d)
		}
		r, err := m.Explain(picture, gradcamnb.Detection(i+1), gradcamnb.Methods("HiResCAM"))
		if err != nil {
			t.Fatal(err)
		}
		// The whole map lies in the box's one cell of 4 x 4. A cell is drawn as a tent: 7/8 of it lies within the cell
		// along an axis on which it is the last one, and 3/4 if it has neighbours on both sides.
		if e, want := r.Maps[0].Energy(r.Frame),
			map[string]float64{"blue": 7. / 8 * 7 / 8, "red": 7. / 8 * 3 / 4}[d.Label]; !(math.Abs(e-want) <= 0.01) {
			t.Errorf("%s: %.3f of the map lies in the box, want %.3f", d.Label, e, want)
		}
	}
}
