package render

import (
	"image"
	"image/color"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// The outline lies just around the box, on the original picture, where the frame is
// half as large; and inside the box nothing is drawn over.
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
