package engine

import (
	"image"
	"math"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// A face detector whose nine outputs have no axis of the pictures is read by itself and explained in passes of one
// picture. The surest face is that of numpy and onnxruntime 1.32.0: see testdata/detectors/generate.py (of_scrfd).
func TestOutputsWithoutABatch(t *testing.T) {
	m, err := detectorModel(t, "scrfd")
	if err != nil {
		t.Fatal(err)
	}
	prep := gradcamnb.Prepared(imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Order: "RGB",
		Mean: [3]float32{127.5, 127.5, 127.5}, Scale: [3]float32{128, 128, 128}})
	found, err := m.Detect(headsPicture(), prep)
	if err != nil {
		t.Fatal(err)
	}
	d := found[0]
	got := []float64{float64(d.Score), d.Box[0], d.Box[1], d.Box[2], d.Box[3], d.Points[0][0], d.Points[0][1],
		d.Points[4][0], d.Points[4][1]}
	for i, want := range []float64{0.9657, 24.0809, 18.0542, 45.3913, 47.9542, 27.417, 29.033, 27.6115, 36.8234} {
		if !(math.Abs(got[i]-want) <= 1e-3) {
			t.Errorf("score, box and landmarks are %v, and number %d should be %g", got, i, want)
		}
	}
	weights := func(batch int) []float32 {
		t.Helper()
		r, err := m.Explain(headsPicture(), prep, gradcamnb.Detection(1), gradcamnb.Methods("RISE"),
			gradcamnb.Sampled(gradcamnb.Sampling{Masks: 8, Grid: 4, Batch: batch}))
		if err != nil {
			t.Fatal(err)
		}
		return r.Maps[0].Sampled.Weights
	}
	if one, usual := weights(1), weights(0); len(one) != 8 || !slices.Equal(one, usual) ||
		slices.Max(one) == slices.Min(one) {
		t.Errorf("one picture a pass scores %v, and as many as usual %v", one, usual)
	}
	if _, err := m.DetectAll(t.Context(), gradcamnb.Request{Pictures: slices.Repeat([]image.Image{headsPicture()}, 2)},
		prep); err == nil {
		t.Error("two pictures are told apart in outputs without an axis for them")
	}
}
