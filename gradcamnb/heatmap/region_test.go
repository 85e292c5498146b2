package heatmap

import (
	"bytes"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// By hand: from half of 8 on there are a part of four cells, one of them joined at a corner only, and the highest cell
// alone.
func TestRegion(t *testing.T) {
	g := Grid{W: 4, H: 3, Values: []float32{
		5, 1, 1, 8,
		4, 4, 1, 1,
		0, 1, 6, 1,
	}}
	got := g.Region(0.5)
	if want := []float32{1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0}; !slices.Equal(got.Values, want) {
		t.Errorf("the region is %v, want %v", got.Values, want)
	}
	if want := (Box{0, 0, 3, 3}); got.BoundingBox() != want {
		t.Errorf("the box is %v, want %v", got.BoundingBox(), want)
	}
	if lo, hi, _ := (Grid{W: 2, H: 1, Values: []float32{-1, 0}}).Region(0.5).Range(); lo != 0 || hi != 0 {
		t.Error("a map that is nowhere positive has a region")
	}
}

// The header as NumPy's format says: float32, little-endian, in C order, rows first.
func TestWriteNPY(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.npy")
	if err := (Grid{W: 3, H: 2, Values: []float32{1, 2, 3, 4, 5, 6}}).WriteNPY(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(data, []byte("\x93NUMPY")) ||
		!bytes.Contains(data, []byte("'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)")) {
		t.Errorf("%q", data)
	}
	if !bytes.HasSuffix(data, []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0xa0, 0x40,
		0, 0, 0xc0, 0x40}) {
		t.Errorf("the values are %q", data[len(data)-24:])
	}
	if err := (Grid{}).WriteNPY(path); err == nil {
		t.Error("an empty grid is written")
	}
}

// A map on its picture is what it is at every pixel, whatever part of the picture the model saw.
func TestOnPictureIsAtPixel(t *testing.T) {
	g := NewGrid(5, 4)
	for i := range g.Values {
		g.Values[i] = float32(math.Sin(float64(i * i)))
	}
	for _, f := range []imgio.Frame{
		{PictureW: 9, PictureH: 13, ModelW: 5, ModelH: 4, ScaleX: 1.8, ScaleY: 3.25},
		{PictureW: 30, PictureH: 7, ModelW: 5, ModelH: 4, X0: 3.5, Y0: -2, ScaleX: 2.75, ScaleY: 2.75},
		{PictureW: 3, PictureH: 3, ModelW: 5, ModelH: 4, X0: 9, Y0: 9, ScaleX: 1, ScaleY: 1},
	} {
		got, seen := g.OnPicture(f), f.Seen()
		for i, v := range got.Values {
			want := float32(0)
			if x, y := i%got.W, i/got.W; image.Pt(x, y).In(seen) {
				want = g.AtPixel(f, x, y)
			}
			if v != want {
				t.Fatalf("%+v: pixel %d is %g, want %g", f, i, v, want)
			}
		}
	}
}
