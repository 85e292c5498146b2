package heatmap

import "math"

// Grid is a rectangle of values, row by row: the value at (x, y) is Values[y*W+x], x right, y down.
type Grid struct {
	W, H   int       // width and height
	Values []float32 // row by row
}

// NewGrid returns a grid of zeros.
func NewGrid(w, h int) Grid { return Grid{W: w, H: h, Values: make([]float32, w*h)} }

// At returns the value at (x, y).
func (g Grid) At(x, y int) float32 { return g.Values[y*g.W+x] }

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
