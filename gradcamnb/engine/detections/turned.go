package detections

import (
	"math"
	"slices"
)

// gaussian describes a turned box by the normal distribution with its middle and the covariance of its area. With the
// sides w and h and the angle t
//
//	a = w²/12 cos² t + h²/12 sin² t, b = w²/12 sin² t + h²/12 cos² t, c = (w² - h²)/12 cos t sin t
type gaussian struct{ x, y, a, b, c float64 }

// gaussian returns the distribution of candidate k, whose four points are the corners m + u + v, m + u - v, m - u - v,
// m - u + v.
func (c candidates) gaussian(k int) gaussian {
	n := len(c[4]) / len(c[2])
	at := func(i int) (x, y float64) { return float64(c[4][n*k+2*i]), float64(c[4][n*k+2*i+1]) }
	x0, y0 := at(0)
	x1, y1 := at(1)
	x2, y2 := at(2)
	ux, uy := (x1-x2)/2, (y1-y2)/2
	vx, vy := (x0-x1)/2, (y0-y1)/2
	return gaussian{(x0 + x2) / 2, (y0 + y2) / 2, (ux*ux + vx*vx) / 3, (uy*uy + vy*vy) / 3, (ux*uy + vx*vy) / 3}
}

// overlap returns the overlap of two turned boxes, from 0 to 1: 1 less the Hellinger distance of their distributions,
//
//	1 - sqrt(1 - exp(-B)),  B = ((a (dy)² + b (dx)²) / 4 - c dx dy / 2) / (a b - c²) + log((a b - c²) / (4 sqrt(D_1 D_2))) / 2
//
// with a, b and c the sums of both and D the determinant of each. Murrugarra-Llerena, Kirsten and Jung 2021, "Gaussian
// Bounding Boxes and Probabilistic Intersection-over-Union for Object Detection"; ultralytics 8.4.190,
// utils/metrics.py (batch_probiou).
func (g gaussian) overlap(o gaussian) float64 {
	const tiny = 1e-7
	a, b, c := g.a+o.a, g.b+o.b, g.c+o.c
	dx, dy := g.x-o.x, g.y-o.y
	d := a*b - c*c
	far := (a*dy*dy+b*dx*dx)/(d+tiny)/4 - c*dx*dy/(d+tiny)/2
	shape := math.Log(d/(4*math.Sqrt(max(g.a*g.b-g.c*g.c, 0)*max(o.a*o.b-o.c*o.c, 0))+tiny)+tiny) / 2
	bhattacharyya := min(max(far+shape, tiny), 100)
	return 1 - math.Sqrt(1-math.Exp(-bhattacharyya)+tiny)
}

// suppressTurned returns those of the candidates, the surest first, that overlap no surer one of their class by more
// than the limit. The surer one counts even if it is dropped itself. Ultralytics 8.4.190 suppresses turned boxes this
// way (utils/nms.py, fast_nms).
func (c candidates) suppressTurned(order []int, limit float64) []int {
	var kept []int
	for i, k := range order {
		class, shape := c.class(k), c.gaussian(k)
		twice := limit < 1 && slices.ContainsFunc(order[:i], func(o int) bool {
			return c.class(o) == class && c.gaussian(o).overlap(shape) > limit
		})
		if !twice {
			kept = append(kept, k)
		}
		if len(kept) == mostFound {
			break
		}
	}
	return kept
}
