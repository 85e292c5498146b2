package engine

import (
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// twoSquares is the picture of testdata/detectors/own/generate.py.
func twoSquares() image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 {
		x, y := i%8, i/8
		p.SetNRGBA(40+x, 16+y, color.NRGBA{G: 245, A: 255})
		p.SetNRGBA(8+x, 40+y, color.NRGBA{R: 235, A: 255})
	}
	return p
}

// Detectors that people exported by themselves are read right, or refused with what to write into the sidecar. What the
// error says is written, until the green square is found. Where an error cannot know what is right, the test does.
func TestOwnDetectors(t *testing.T) {
	square := heatmap.Box{38, 15, 50, 25}
	for _, c := range []struct {
		name    string
		written []string // in the error, and then in the sidecar; "=" stands before what the error does not say
		box     heatmap.Box
		class   int
	}{
		{"one-class", nil, square, 0},
		{"named-columns", nil, square, 1},
		{"bytes-last", nil, square, 1},
		{"whole-pages", nil, heatmap.Box{1.28, 0.64, 62.72, 63.36}, 1},
		{"boxes-labels-scores", []string{`{"decoder":"end-to-end","outputs":["boxes","scores","labels"]}`}, square, 1},
		{"scores-first", []string{`{"decoder":"end-to-end","outputs":["boxes","scores","labels"]}`}, square, 1},
		{"counted", []string{`{"decoder":"end-to-end","outputs":["det_boxes","det_scores","det_classes"]}`}, square, 1},
		{"boxes-of-one-class", []string{`{"decoder":"before-nms","numbers":{"unit":true}}`}, square, 1},
		{"background-first", []string{`{"decoder":"before-nms","numbers":{"background":"first"}}`,
			`{"decoder":"before-nms","numbers":{"background":"first","unit":true}}`}, square, 1},
		{"background-logits", []string{`{"decoder":"before-nms","numbers":{"activation":"sigmoid"}}`,
			`{"decoder":"before-nms","numbers":{"activation":"sigmoid","unit":true}}`,
			`={"decoder":"before-nms","numbers":{"activation":"softmax","background":"first","unit":true}}`}, square, 1},
		{"logits-corners", []string{`{"decoder":"before-nms","numbers":{"activation":"sigmoid"}}`}, square, 1},
		{"few-rows", []string{`={"decoder": "yolo-rows"}`}, square, 1}, // one of three that the error names
		{"rows-of-five", []string{`{"decoder":"yolo-rows","numbers":{"order":"xyxy"}}`}, square, 0},
		{"class-first", []string{`{"decoder":"paddle"}`}, square, 1},
		{"classes-by-boxes", []string{`{"decoder":"before-nms","numbers":{"order":"cxcywh"}}`}, square, 1},
		{"unit-columns", []string{`{"decoder":"yolov8","numbers":{"unit":true}}`}, square, 1},
		{"tensorrt", nil, square, 1}, // which is read before its plugin
		{"background-named", []string{`{"decoder":"before-nms","numbers":{"background":"last"}}`}, square, 1},
		{"detection-output", nil, square, 1},
		{"boxes-across", nil, square, 1},
		{"extra-axis", nil, square, 1},
		{"half", nil, square, 1},
		{"softmaxed", []string{`{"decoder":"detr","numbers":{"softmaxed":true}}`}, square, 1},
		{"yunet", nil, square, 0},
		{"class-behind", []string{`{"decoder":"end-to-end","numbers":{"columns":"x0 y0 x1 y1 class score"}}`}, square, 1},
		{"seven-columns", []string{`{"decoder":"end-to-end","numbers":{"columns":"picture class score x0 y0 x1 y1","unit":true}}`}, square, 1},
		{"objectness-inside", []string{`{"decoder":"end-to-end","numbers":{"columns":"x0 y0 x1 y1 objectness score class"}}`}, square, 1},
		{"middles-and-score", []string{`{"decoder":"end-to-end","numbers":{"order":"cxcywh"}}`}, square, 1},
		{"boxes-before-logits", []string{`{"decoder":"detr","outputs":["pred_logits","pred_boxes"]}`}, square, 1},
		{"four-scores-first", []string{`{"decoder":"before-nms","outputs":["boxes","scores"]}`}, square, 1},
		{"objectness-apart", []string{`{"decoder":"before-nms","outputs":["boxes","cls","obj"]}`}, square, 1},
		{"maps", []string{`={"decoder":"yolo-maps","numbers":{"version":"yolov5","anchors":[[[16,16],[16,16]],[[16,16],[16,16]]]}}`}, square, 1},
		{"distances", []string{`={"decoder": "distance-maps", "numbers": {"activation": "sigmoid", "pixels": true}}`}, square, 1},
		{"corner-and-size", []string{`{"decoder":"yolov8","numbers":{"order":"xywh"}}`}, square, 1},
		{"offsets-first", []string{`{"decoder":"centernet","outputs":["hm","wh","reg"]}`}, square, 1},
		{"unsuppressed", []string{`{"decoder":"end-to-end","nms":0.45}`}, square, 1},
		{"stars", []string{`={"decoder": "yolov8", "trusted": true}`}, heatmap.Box{43.5, 19.5, 44.5, 20.5}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "own.onnx")
			data, err := os.ReadFile(golden.Path("detectors", "own", c.name+".onnx"))
			if err == nil {
				err = os.WriteFile(file, data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range c.written {
				spec, unsaid := strings.CutPrefix(spec, "=")
				_, err := detectOwn(t, "go", file)
				if !unsaid && (err == nil || !strings.Contains(err.Error(), `"detector": `+spec)) {
					t.Fatalf("it says %v, and not to write %s", err, spec)
				}
				if err := os.WriteFile(strings.TrimSuffix(file, ".onnx")+".json", []byte(`{"detector": `+spec+`}`), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			found, err := detectOwn(t, "go", file)
			if err != nil || len(found) == 0 {
				t.Fatalf("%d found, %v", len(found), err)
			}
			d := found[0]
			if !(farthest(d.Box, c.box) <= 0.01) || d.Class != c.class || !(math.Abs(float64(d.Score)-0.95) <= 0.05) {
				t.Errorf("found is class %d at %v with %g, want %d at %v", d.Class, d.Box, d.Score, c.class, c.box)
			}
			if strings.Contains(c.name, "named") && found[0].Label != "green" {
				t.Errorf("the class is called %q, and in the file's metadata green", found[0].Label)
			}
		})
	}
}

// detectOwn returns what a file finds in the two squares. Bytes are taken as they are.
func detectOwn(t *testing.T, backend, file string) ([]heatmap.Detection, error) {
	t.Helper()
	e := New(backend)
	e.say = io.Discard
	s, err := e.Open(file)
	if err != nil {
		return nil, err
	}
	m, scale := gradcamnb.NewModel(s), float32(255)
	if m.Info().Layout == imgio.ChannelsLast {
		scale = 1
	}
	return m.Detect(twoSquares(), gradcamnb.Prepared(imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch,
		Scale: [3]float32{scale, scale, scale}, Order: "RGB"}))
}

// A file whose outputs have no axis of the pictures is no classifier, and read by onnxruntime, also beside a number
// without any axis. So are outputs in half precision.
func TestDetectionsWithoutBatch(t *testing.T) {
	file := golden.Path("detectors", "own", "no-batch.onnx")
	if _, err := detectOwn(t, "go", file); err == nil || !strings.Contains(err.Error(), `engine.New("onnxruntime")`) {
		t.Errorf("it says %v, and not to ask for onnxruntime", err)
	}
	needONNXRuntime(t)
	for _, name := range []string{"no-batch", "counted-once", "half"} {
		found, err := detectOwn(t, "onnxruntime", golden.Path("detectors", "own", name+".onnx"))
		if err != nil || len(found) != 2 || found[0].Class != 1 ||
			!(farthest(found[0].Box, heatmap.Box{38, 15, 50, 25}) <= 0.01) {
			t.Errorf("%s: found is %+v, %v", name, found, err)
		}
	}
}
