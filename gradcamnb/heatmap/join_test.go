package heatmap

import (
	"slices"
	"testing"
)

// Maps of any unit count alike: 2 of at most 4 is 1/2, and 30 of at most 40 is 3/4. What is negative, or nowhere
// positive, adds nothing.
func TestJoin(t *testing.T) {
	of := func(values ...float32) *Map { return &Map{Grid: Grid{W: 2, H: 2, Values: values}} }
	got := Join(of(4, 2, -1, 0), of(10, 30, 40, 0), of(0, 0, 0, -5))
	if want := []float32{1, 0.75, 1, 0}; !slices.Equal(got.Values, want) || got.W != 2 || got.H != 2 {
		t.Errorf("%+v, want %v", got, want)
	}
}
