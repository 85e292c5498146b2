package inputs

import (
	"math"
	"slices"
	"testing"
)

// The lowest finite value is black, the highest white, half between them 128, and what is not finite black.
func TestDrawGrey(t *testing.T) {
	img := drawGrey([]float64{-1, 1, 0, math.NaN(), math.Inf(1), math.Inf(-1)}, 3)
	var got []uint32
	for i := range 6 {
		r, _, _, _ := img.At(i%3, i/3).RGBA()
		got = append(got, r>>8)
	}
	if want := []uint32{0, 255, 128, 0, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
