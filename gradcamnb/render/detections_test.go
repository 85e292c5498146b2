package render

import (
	"image"
	"image/color"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/pixels"
)

// The outline lies just around the box on the original picture, which is twice as large as the model's input. Nothing
// is drawn inside the box.
func TestOutlineHasTrueGeometry(t *testing.T) {
	m := &heatmap.Map{Grid: heatmap.NewGrid(10, 10), Raw: heatmap.NewGrid(10, 10), Box: heatmap.Box{6, 4, 12, 14}}
	black := color.NRGBA{A: 255}
	r := &heatmap.Result{
		Picture: uniform(20, 20, black), Maps: []*heatmap.Map{m},
		Frame: imgio.Frame{PictureW: 20, PictureH: 20, ModelW: 10, ModelH: 10, ScaleX: 2, ScaleY: 2},
	}
	img := Overlay(r, m, nil)
	for at, want := range map[image.Point]color.NRGBA{
		{X: 5, Y: 3}: boxColor, {X: 12, Y: 14}: boxColor, {X: 5, Y: 10}: boxColor, {X: 9, Y: 3}: boxColor,
		{X: 6, Y: 4}: black, {X: 11, Y: 13}: black, {X: 4, Y: 3}: black, {X: 13, Y: 9}: black,
	} {
		if got := img.NRGBAAt(at.X, at.Y); got != want {
			t.Errorf("%v is %v, want %v", at, got, want)
		}
	}
	// The highest cell is (4, 3), the picture's (9, 7): inside. Three of four parts lie there.
	m.Values[3*10+4], m.Values[0] = 3, 1
	if e := m.Energy(r.Frame); !m.Points(r.Frame) || e != 0.75 {
		t.Errorf("points into the box: %t, energy %g, want 0.75", m.Points(r.Frame), e)
	}
	m.Values[0] = 9
	if e := m.Energy(r.Frame); m.Points(r.Frame) || e != 0.25 {
		t.Errorf("points into the box: %t, energy %g, want 0.25", m.Points(r.Frame), e)
	}
}

// The box at (5, 5)-(10, 10) is cropped with 2.5 pixels around it, in whole pixels (2, 2)-(13, 13). Ten times as large
// its edges lie at 30 and 80, and the outline is two sharp pixels around them, however small the box was.
func TestCropIsOutlinedAtItsFinalSize(t *testing.T) {
	black := color.NRGBA{A: 255}
	r := &heatmap.Result{Picture: uniform(20, 20, black)}
	img := cropAround(r, heatmap.Box{5, 5, 10, 10}, 110)
	if img.Rect != image.Rect(0, 0, 110, 110) {
		t.Fatalf("the crop is %v", img.Rect)
	}
	for at, want := range map[int]color.NRGBA{27: black, 28: boxColor, 29: boxColor, 30: black, 79: black, 80: boxColor,
		81: boxColor, 82: black} {
		if across, down := img.NRGBAAt(at, 55), img.NRGBAAt(55, at); across != want || down != want {
			t.Errorf("at %d it is %v across and %v down, want %v", at, across, down, want)
		}
	}
	if img := cropAround(r, heatmap.Box{40, 40, 50, 50}, 110); img != nil {
		t.Errorf("a box outside the picture has the crop %v", img.Rect)
	}
}

// detections is a result of three: one with random masks and a gradient whose map is empty,
// one with random masks alone, one whose masks found nothing.
func detections() *heatmap.Result {
	r, m := scene("circle")
	drawn := *m
	drawn.Method, drawn.Layer, drawn.Unit, drawn.ScoreUnit, drawn.Score = "D-RISE", "", "match", "match", 0.93
	drawn.Box, drawn.Target = heatmap.Box{160, 50, 220, 110}, "detection 1 at (160, 50)-(220, 110)"
	drawn.Sampled = &heatmap.SampledRun{Weights: make([]float32, 512), Agreement: 0.875}
	drawn.StdErr = heatmap.NewGrid(20, 20)
	for i := range drawn.StdErr.Values {
		drawn.StdErr.Values[i] = 0.25 * float32(i%20)
	}
	gradient := *m
	gradient.Box, gradient.Target, gradient.Grid = drawn.Box, drawn.Target, heatmap.NewGrid(20, 20)
	gradient.Diagnosis = "The map is nowhere positive (its lowest value is -2): take HiResCAM."
	outside, nothing := drawn, drawn
	outside.Box, outside.Target, outside.Class = heatmap.Box{55, 120, 115, 190}, "box at (55, 120)-(115, 190)", "square"
	nothing.Box, nothing.Target, nothing.Grid, nothing.Score = heatmap.Box{60, 10, 90, 40}, "box at (60, 10)-(90, 40)",
		heatmap.NewGrid(20, 20), 0
	nothing.StdErr = heatmap.Grid{}
	nothing.Diagnosis = nothing.Diagnose()
	r.Maps = []*heatmap.Map{&gradient, &drawn, &outside, &nothing}
	return r
}

// The sheet of detections and their boxes on the picture, against golden pictures that a
// person has looked at.
func TestDetectionsAgainstGolden(t *testing.T) {
	r := detections()
	pixels.Golden(t, DetectionSheet(r, nil), 8, "render", "detections-sheet.png")
	r.Maps = r.Maps[1:] // without a gradient
	pixels.Golden(t, DetectionSheet(r, nil), 8, "render", "detections-sheet-masks.png")
	found := []heatmap.Detection{{Box: heatmap.Box{160, 50, 220, 110}, Label: "circle", Score: 0.93},
		{Box: heatmap.Box{-4, 150, 60, 204}, Class: 3, Score: 0.5}}
	pixels.Golden(t, Detections(r.Picture, found), 8, "render", "detections.png")
	found = append(found, heatmap.Detection{
		Box: heatmap.Box{55, 120, 115, 190}, Class: 4, Score: 0.25,
		Mask: heatmap.Grid{W: 2, H: 2, Values: []float32{1, 0, 1, 0}}, Frame: r.Frame,
	})
	r.Detections = found
	pixels.Golden(t, Detected(r, nil), 8, "render", "detected.png")
}
