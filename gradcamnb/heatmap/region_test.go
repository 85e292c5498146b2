package heatmap

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
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
