package heatmap

import (
	"math"
	"testing"
)

// Halves that correlate with 1/2 make a whole with 2/3, and those with 19/21 one with 0.95.
func TestReliability(t *testing.T) {
	for _, c := range [][2]float64{{0.5, 2.0 / 3}, {19.0 / 21, 0.95}, {1, 1}, {0, 0}, {-0.4, 0}} {
		if got := (&SampledRun{Agreement: c[0]}).Reliability(); !(math.Abs(got-c[1]) <= 1e-12) {
			t.Errorf("halves of %g make %g, want %g", c[0], got, c[1])
		}
	}
	if got := (&SampledRun{Agreement: math.NaN()}).Reliability(); !math.IsNaN(got) {
		t.Errorf("without halves it is %g", got)
	}
}
