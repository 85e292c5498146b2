package detect

import (
	"math"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
)

// Pairs of turned boxes, middle, size and angle, and their overlap by shapely 2.2.0: the same box, moved by half, one
// within the other, far apart, crossed (1/sqrt 2 for squares, 1/19 for bars of 10 to 1), touching, and at random.
func TestTurnedIoUAgainstShapely(t *testing.T) {
	type box [5]float64
	pairs := []struct {
		a, b box
		want float64
	}{
		{box{50, 50, 40, 20, 0.3}, box{50, 50, 40, 20, 0.3}, 1},
		{box{50, 50, 40, 20, 0}, box{70, 50, 40, 20, 0}, 0.333333},
		{box{50, 50, 40, 20, 0.7}, box{50, 50, 20, 10, 0.7}, 0.25},
		{box{10, 10, 4, 4, 0}, box{100, 100, 4, 4, 1}, 0},
		{box{50, 50, 20, 20, 0}, box{50, 50, 20, 20, 0.7854}, 0.707107},
		{box{50, 50, 60, 6, 0.2}, box{50, 50, 60, 6, 1.7708}, 0.052632},
		{box{300, 310, 100, 40, 1.1}, box{305, 300, 90, 50, 1.3}, 0.581823},
		{box{50, 50, 40, 20, 0}, box{90, 50, 40, 20, 0}, 0},
		{box{38.2177, 16.1872, 7.2535, 5.909, 1.2531}, box{54.7653, 36.3981, 45.1223, 34.8994, 1.7403}, 0.003114},
		{box{1.6992, 7.457, 41.8843, 40.5954, 0.4615}, box{23.0207, 59.8326, 58.9459, 42.7048, 0.6018}, 0.009983},
		{box{41.3068, 23.3353, 12.4303, 44.6819, 0.1014}, box{18.6145, 29.1501, 53.9218, 56.3724, -0.5688}, 0.115309},
		{box{34.2918, 19.3122, 37.6865, 23.5851, -0.4335}, box{53.4165, 13.6295, 39.2753, 9.6208, 1.3306}, 0.068417},
		{box{24.2731, 11.9108, 9.9914, 36.9183, -0.8052}, box{40.3197, 11.9709, 56.8162, 25.0811, -1.578}, 0.081717},
		{box{37.7465, 55.6293, 29.2207, 57.5025, -0.0004}, box{25.5137, 37.2128, 59.7303, 57.1919, -0.1598}, 0.272302},
	}
	corners := func(b box) [][]float32 {
		cos, sin := math.Cos(b[4]), math.Sin(b[4])
		ux, uy, vx, vy := b[2]/2*cos, b[2]/2*sin, -b[3]/2*sin, b[3]/2*cos
		var out [][]float32
		for _, s := range [][2]float64{{1, 1}, {1, -1}, {-1, -1}, {-1, 1}} {
			out = append(out, []float32{float32(b[0] + s[0]*ux + s[1]*vx), float32(b[1] + s[0]*uy + s[1]*vy)})
		}
		return out
	}
	var boxes [][][][]float32 // a picture a pair, with the pair's two boxes against its second
	var targets [][][]float32
	for _, p := range pairs {
		boxes, targets = append(boxes, [][][]float32{corners(p.a), corners(p.b)}), append(targets, corners(p.b))
	}
	got := MustExecOnce(gobackend.GetBackend(), TurnedIoU, boxes, targets).Value().([][]float32)
	for i, p := range pairs {
		if !(math.Abs(float64(got[i][0])-p.want) <= 2e-6) {
			t.Errorf("%v and %v overlap by %g, want %g", p.a, p.b, got[i][0], p.want)
		}
		if !(math.Abs(float64(got[i][1])-1) <= 2e-6) {
			t.Errorf("%v overlaps itself by %g", p.b, got[i][1])
		}
	}
}
