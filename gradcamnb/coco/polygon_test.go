package coco

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Polygons have the masks that pycocotools 2.0.11 gives them, pixel by pixel.
func TestPolygonsAsPycocotools(t *testing.T) {
	data, err := os.ReadFile(golden.Path("golden", "study", "polygons.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Width, Height int
		Polygons      []struct {
			Corners []float64
			Mask    RLE
		}
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Polygons) < 50 {
		t.Fatalf("%d polygons", len(f.Polygons))
	}
	for i, p := range f.Polygons {
		want, err := p.Mask.Grid()
		if err != nil {
			t.Fatal(err)
		}
		got := heatmap.NewGrid(f.Width, f.Height)
		if err := AddPolygon(got, p.Corners); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Values, want.Values) {
			t.Errorf("polygon %d, %v: got %v, want %v", i, p.Corners, NewRLE(got).Counts, p.Mask.Counts)
		}
	}
}

func TestNoPolygon(t *testing.T) {
	for _, corners := range [][]float64{nil, {1, 2, 3, 4}, {1, 2, 3, 4, 5}, {0, 0, 1, math.NaN(), 5, 5},
		{0, 0, math.Inf(1), 0, 5, 5}, {0, 0, 1e300, 0, 5, 5}} {
		if err := AddPolygon(heatmap.NewGrid(4, 4), corners); err == nil {
			t.Errorf("%v is a polygon", corners)
		}
	}
}
