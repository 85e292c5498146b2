package engine

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// brightest is a detector: the box around what is brighter than half white.
func brightest(pictures []image.Image) ([][]heatmap.Detection, error) {
	out := make([][]heatmap.Detection, len(pictures))
	for i, p := range pictures {
		var box image.Rectangle
		for y := range p.Bounds().Dy() {
			for x := range p.Bounds().Dx() {
				if r, _, _, _ := p.At(x, y).RGBA(); r > 0x8000 {
					box = box.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		if !box.Empty() {
			out[i] = []heatmap.Detection{{Box: heatmap.Box{float64(box.Min.X), float64(box.Min.Y), float64(box.Max.X),
				float64(box.Max.Y)}}}
		}
	}
	return out, nil
}

// A Go function's detection is explained as a graph's: the map of the only bright
// square of a picture is highest on it, also if a mask hides it and nothing is found.
func TestDetectorThatIsAFunction(t *testing.T) {
	pic := image.NewNRGBA(image.Rect(0, 0, 60, 40))
	for i := range 60 * 40 {
		c := color.NRGBA{A: 255}
		if x, y := i%60, i/60; x >= 30 && x < 45 && y >= 10 && y < 25 {
			c = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
		}
		pic.SetNRGBA(i%60, i/60, c)
	}
	e := testEngine(t, "go")
	m := gradcamnb.NewModel(e.detector("brightest", []string{"bright"}, brightest))
	found, err := m.Detect(pic)
	if err != nil || len(found) != 1 || found[0].Label != "bright" || found[0].Box != (heatmap.Box{30, 10, 45, 25}) {
		t.Fatalf("%+v %v", found, err)
	}
	r, err := m.Explain(pic, gradcamnb.Detection(1), gradcamnb.Detection(1).Side("left"), gradcamnb.Methods("D-RISE"),
		gradcamnb.Sampled(gradcamnb.Sampling{Masks: 320, Grid: 5}))
	if err != nil {
		t.Fatal(err)
	}
	// windows that hide the square
	whole, err := m.Explain(pic, gradcamnb.Methods("occlusion"), gradcamnb.Sampled(gradcamnb.Sampling{Grid: 2}))
	if err != nil {
		t.Fatal(err)
	}
	r.Maps = append(r.Maps, whole.Maps...)
	if len(r.Maps) != 3 || r.Maps[0].Score != 1 || r.Maps[0].W != 60 {
		t.Fatalf("%d maps, score %g", len(r.Maps), r.Maps[0].Score)
	}
	for _, m := range r.Maps {
		at := 0
		for i, v := range m.Values {
			if v > m.Values[at] {
				at = i
			}
		}
		if x, y := at%60, at/60; x < 24 || x > 50 || y < 5 || y > 30 {
			t.Errorf("%s of %s is highest at (%d, %d)", m.Method, m.Target, x, y)
		}
	}
	for want, choices := range map[string][]gradcamnb.Choice{
		"it has no layers and no gradients":  {gradcamnb.Methods("Grad-CAM")},
		"and no gradients":                   {gradcamnb.Methods("Saliency")},
		"only detections can be explained":   {gradcamnb.Class(0)},
		"the model has no instance masks":    {gradcamnb.Instance(1)},
		"there is no detection 2: the model": {gradcamnb.Detection(2)},
		"leave out InBox":                    {gradcamnb.InBox(image.Rect(0, 0, 30, 40))},
	} {
		if _, err := m.Explain(pic, choices...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	var wrong heatmap.Detection // what the detector finds in the last of several pictures
	broken := gradcamnb.NewModel(e.detector("broken", []string{"a", "b"}, func(p []image.Image) ([][]heatmap.Detection, error) {
		found := make([][]heatmap.Detection, len(p))
		for i := range found {
			found[i] = []heatmap.Detection{{Box: heatmap.Box{0, 0, 1, 1}}}
		}
		if len(p) > 1 {
			found[len(p)-1] = []heatmap.Detection{wrong}
		}
		return found, nil
	}))
	two := gradcamnb.Request{Pictures: []image.Image{pic, pic}}
	nan, box := float32(math.NaN()), heatmap.Box{0, 0, 1, 1}
	for want, d := range map[string]heatmap.Detection{
		"gave a class score that is no number":   {Box: box, Scores: []float32{0, nan}},
		"gave a score that is no number":         {Box: box, Score: nan},
		"gave an objectness that is no number":   {Box: box, Objectness: nan},
		"gave a box that is no number":           {Box: heatmap.Box{0, 0, math.Inf(1), 1}},
		"it found the class 2, and its labels":   {Box: box, Class: 2},
		"it gave 1 class scores, and its labels": {Box: box, Scores: []float32{1}},
	} {
		wrong = d
		if _, err := broken.DetectAll(t.Context(), two); err == nil ||
			!strings.Contains(err.Error(), "the detector broken, picture 2 of 2: it ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	wrong = heatmap.Detection{Box: box, Score: nan}
	if _, err := broken.Explain(pic, gradcamnb.Methods("occlusion"), gradcamnb.Sampled(gradcamnb.Sampling{Grid: 2})); err == nil ||
		!strings.Contains(err.Error(), "with parts of the picture hidden: the detector broken, picture ") {
		t.Errorf("a score that is NaN if parts are hidden: %v", err)
	}
	if _, err := m.Detect(nil); err == nil || !strings.Contains(err.Error(), "none of which is nil") {
		t.Errorf("no picture: %v", err)
	}
	var said strings.Builder
	e.say = &said
	if _, err := m.Explain(pic, gradcamnb.Methods("occlusion"), gradcamnb.Sampled(gradcamnb.Sampling{Grid: 2}),
		gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{"insertion"}})); err != nil ||
		!strings.Contains(said.String(), "are not measured") {
		t.Errorf("maps that are not measured: said %q, error %v", said.String(), err)
	}
}
