package walk

import (
	"math"
	"testing"
)

// What is cut off is carried along. All shares are worked by hand: 8 of 32 are a quarter, and 4 of the 16 that are left
// an eighth.
func TestMargins(t *testing.T) {
	rows := plainAxis(height, 32)
	half := rows.crop(8, 8, 16)
	for name, c := range map[string]struct {
		got    axis
		size   int
		lost   [2]float64
		beyond [2]float64
	}{
		"the middle half":           {half, 16, [2]float64{0.25, 0.25}, [2]float64{0.25, 0.25}},
		"the middle half of that":   {half.crop(4, 4, 8), 8, [2]float64{0.375, 0.375}, [2]float64{0.375, 0.375}},
		"that, every second":        {half.resize(8), 8, [2]float64{0.25, 0.25}, [2]float64{0.25, 0.25}},
		"one cell at an end":        {rows.crop(0, 1, 31), 31, [2]float64{0, 1. / 32}, [2]float64{}},
		"the upper half, mirrored":  {rows.crop(0, 16, 16).move(), 16, [2]float64{0, 0.5}, [2]float64{0, 0.5}},
		"padded and cut again":      {rows.crop(-4, -4, 40).crop(4, 4, 32), 32, [2]float64{}, [2]float64{}},
		"padded, then windows":      {rows.crop(-3, -3, 38).resize(16).spend(), 16, [2]float64{}, [2]float64{}},
		"cells of a patch together": {axis{half[0], {kind: heightWithin, size: 2}}.resize(16), 16, [2]float64{0.25, 0.25}, [2]float64{0.25, 0.25}},
	} {
		lost, beyond := c.got.lost(), c.got.beyond()
		for i := range 2 {
			if math.Abs(lost[i]-c.lost[i])+math.Abs(beyond[i]-c.beyond[i]) > 1e-12 || c.got.size() != c.size {
				t.Errorf("%s: %d rows, lost %v, beyond %v; want %d, %v, %v", name, c.got.size(), lost, beyond, c.size, c.lost, c.beyond)
			}
		}
	}
	if !half.move().resize(8).isMoved() || half.isMoved() {
		t.Error("rows that moved are those that were mirrored, at any size")
	}
}
