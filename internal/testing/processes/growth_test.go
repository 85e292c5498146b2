package processes

import (
	"math"
	"testing"
)

// A leak grows in every stretch and is its size; one step, up or down, is none, and nor is memory that comes and goes.
func TestGrowth(t *testing.T) {
	for name, c := range map[string]struct {
		figures []float64
		want    float64
	}{
		"a leak":                  {[]float64{100, 102, 104, 106, 108, 110}, 0.10},
		"an uneven leak":          {[]float64{100, 101, 104, 105, 108, 110}, 0.10}, // its median step, 2, is the mean
		"a leak below a step":     {[]float64{100, 102, 124, 126, 128, 130}, 0.10},
		"a leak below spikes":     {[]float64{100, 110, 104, 115, 108, 110}, 0.10}, // 100, 104, 104, 108, 108, 110
		"one step":                {[]float64{100, 100, 100, 120, 120, 120}, 0},
		"a late step":             {[]float64{100, 100, 100, 100, 100, 120}, 0},
		"to and fro":              {[]float64{100, 110, 100, 110, 100, 110, 100}, 0},
		"shrinking":               {[]float64{100, 99, 98, 97}, 0},
		"an even number of steps": {[]float64{100, 101, 104, 105, 110}, 0.08}, // 1, 1, 3 and 5: four times 2
	} {
		if got := Growth(c.figures); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: grew by %g, want %g", name, got, c.want)
		}
	}
}
