package detections

import (
	"math"
	"slices"
	"testing"
)

// Six turned boxes, middle, size and angle: their overlaps by batch_probiou and what fast_nms keeps at 0.7, of
// Ultralytics 8.4.190 in float64. The fifth overlaps the first by less than 0.7, but the second, which is gone, by
// more.
func TestTurnedBoxesAgainstUltralytics(t *testing.T) {
	boxes := [][5]float64{{50, 50, 40, 20, 0.3}, {52, 49, 38, 22, 0.5}, {70, 50, 40, 20, 1.2}, {50, 50, 20, 40, 0.3},
		{54, 47, 36, 24, 0.7}, {90, 20, 10, 60, 2}}
	c := make(candidates, 5)
	for i, b := range boxes {
		cos, sin := math.Cos(b[4]), math.Sin(b[4])
		ux, uy, vx, vy := b[2]/2*cos, b[2]/2*sin, -b[3]/2*sin, b[3]/2*cos
		for _, s := range [][2]float64{{1, 1}, {1, -1}, {-1, -1}, {-1, 1}} {
			c[4] = append(c[4], float32(b[0]+s[0]*ux+s[1]*vx), float32(b[1]+s[0]*uy+s[1]*vy))
		}
		score := 0.9 - float32(i)/10
		c[1], c[2] = append(c[1], score, 0), append(c[2], score)
	}
	for i, row := range [][]float64{
		{0.999553, 0.849715, 0.249961, 0.552786, 0.697871, 6e-06}, {0.849715, 0.999553, 0.284484, 0.590376, 0.830759, 3e-05},
		{0.249961, 0.284484, 0.999553, 0.158834, 0.338802, 0.006118}, {0.552786, 0.590376, 0.158834, 0.999553, 0.604609,
			0.004768},
	} {
		for j, want := range row {
			if got := c.gaussian(i).overlap(c.gaussian(j)); math.Abs(got-want) > 2e-5 {
				t.Errorf("boxes %d and %d overlap by %g, want %g", i, j, got, want)
			}
		}
	}
	if got, want := c.suppressTurned([]int{0, 1, 2, 3, 4, 5}, 0.7), []int{0, 2, 3, 5}; !slices.Equal(got, want) {
		t.Errorf("kept are %v, want %v", got, want)
	}
	c[1][2], c[1][3] = 0, 0.8 // the second is of another class, and takes nobody away
	if got, want := c.suppressTurned([]int{0, 1, 2, 3, 4, 5}, 0.7), []int{0, 1, 2, 3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("kept are %v, want %v", got, want)
	}
}
