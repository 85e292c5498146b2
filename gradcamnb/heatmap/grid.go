package heatmap

import (
	"fmt"
	"math"
)

// Grid is a rectangle of values, row by row: the value at (x, y) is Values[y*W+x], x right, y down.
type Grid struct {
	W, H   int       // width and height, of a volume of all slices together
	Slices int       // of a volume, from the first to the last; 0 of a picture
	Values []float32 // row by row

	// Beyond holds the shares of the picture's height, and of its width, that lie before the grid and behind it, since
	// the model cuts them off before it makes the layer. They are less than 0 if the grid goes beyond the picture, which
	// the model pads, and 0 if it covers just the picture.
	Beyond [2][2]float64 `json:",omitzero"`
}

// NewGrid returns a grid of zeros.
func NewGrid(w, h int) Grid { return Grid{W: w, H: h, Values: make([]float32, w*h)} }

// Zeros returns a grid of zeros of the same shape.
func (g Grid) Zeros() Grid {
	g.Values = make([]float32, len(g.Values))
	return g
}

// At returns the value at (x, y).
func (g Grid) At(x, y int) float32 { return g.Values[y*g.W+x] }

// Dims returns the shape of the values: [H, W], or [slices, height of one, W] for a volume.
func (g Grid) Dims() []int {
	if g.Slices > 0 {
		return []int{g.Slices, g.H / g.Slices, g.W}
	}
	return []int{g.H, g.W}
}

// Size returns the number of cells along each axis in words: "8 x 6", width and height, or "8 x 6 x 4" for a volume of
// 4 slices.
func (g Grid) Size() string {
	if g.Slices > 0 {
		return fmt.Sprintf("%d x %d x %d", g.W, g.H/g.Slices, g.Slices)
	}
	return fmt.Sprintf("%d x %d", g.W, g.H)
}

// Range returns the lowest and the highest value without NaN. ok is false if there is no value.
func (g Grid) Range() (lo, hi float32, ok bool) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range g.Values {
		if !math.IsNaN(float64(v)) {
			lo, hi, ok = min(lo, v), max(hi, v), true
		}
	}
	return lo, hi, ok
}
