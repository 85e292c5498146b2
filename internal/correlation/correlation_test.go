package correlation

import (
	"math"
	"testing"
)

// Spearman by hand: ranks (1, 2.5, 2.5, 4) and (1, 3, 2, 4), whose deviations
// from 2.5 multiply to 4.5, of sqrt(4.5 * 5).
func TestSpearman(t *testing.T) {
	got := Spearman([]float32{-1, 5, 5, 9}, []float32{0, 3, 2, 100})
	if want := 4.5 / math.Sqrt(4.5*5); !(math.Abs(got-want) <= 1e-12) {
		t.Errorf("%g, want %g", got, want)
	}
	if got := Spearman([]float32{1, 1}, []float32{1, 2}); !math.IsNaN(got) {
		t.Errorf("a constant side agrees to %g, want NaN", got)
	}
}
