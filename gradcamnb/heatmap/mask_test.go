package heatmap

import (
	"image"
	"image/color"
	"slices"
	"testing"
)

// A right triangle over 4 x 4 pixels holds the middles below its diagonal.
func TestPolygon(t *testing.T) {
	got := Polygon(4, 4, [2]float64{0, 0}, [2]float64{0, 4}, [2]float64{4, 4.01})
	want := []float32{
		1, 0, 0, 0,
		1, 1, 0, 0,
		1, 1, 1, 0,
		1, 1, 1, 1,
	}
	// The diagonal leans a little, so that no middle lies on it: those at (k, k) are above it.
	for k := range 4 {
		want[5*k] = 0
	}
	if !slices.Equal(got.Values, want) {
		t.Errorf("%v", got.Values)
	}
	if b := got.BoundingBox(); b != (Box{0, 1, 3, 4}) {
		t.Errorf("around it is %v", b)
	}
}

func TestMaskOf(t *testing.T) {
	grey := image.NewGray(image.Rect(5, 5, 8, 6))
	grey.Pix = []uint8{0, 100, 200}
	if got := MaskOf(grey); !slices.Equal(got.Values, []float32{0, 0, 1}) {
		t.Errorf("grey: %v", got.Values)
	}
	brush := image.NewNRGBA(image.Rect(0, 0, 2, 1)) // a dark brush on nothing
	brush.SetNRGBA(1, 0, color.NRGBA{R: 60, A: 255})
	if got := MaskOf(brush); !slices.Equal(got.Values, []float32{0, 1}) {
		t.Errorf("transparent: %v", got.Values)
	}
}
