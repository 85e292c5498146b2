package detections

import (
	"cmp"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// scaleTurned returns the corners m + u + v, m + u - v, m - u - v, m - u + v of a turned box with the middle at another
// place, u times sx and v times sy. So the box keeps its angle, as Ultralytics 8.4.190 brings it back to the picture
// (models/yolo/obb/predict.py). Corners brought back one by one would differ by what a letterbox rounds off a side.
func scaleTurned(p [][2]float64, middle [2]float64, sx, sy float64) [][2]float64 {
	out := make([][2]float64, 4)
	for axis := range 2 {
		u, v := sx*(p[1][axis]-p[2][axis])/2, sy*(p[0][axis]-p[1][axis])/2
		for i, side := range []float64{u + v, u - v, -u - v, v - u} {
			out[i][axis] = middle[axis] + side
		}
	}
	return out
}

func findMiddle(p [][2]float64) (x, y float64) {
	return (p[0][0] + p[2][0]) / 2, (p[0][1] + p[2][1]) / 2
}

// isEven tells whether the two sides of a picture are scaled alike, but for what is rounded to whole pixels.
func isEven(f imgio.Frame) bool {
	apart := math.Abs(1/f.ScaleX - 1/f.ScaleY)
	return apart*float64(min(f.PictureW, f.PictureH)) <= 0.5+1e-9
}

// turn sets the corners of a detection whose box is turned, and the upright box around them, in the picture. Points
// holds the corners, each brought back to the picture by itself. If the picture was stretched, they stay as they are.
func turn(d *heatmap.Detection) {
	f := d.Frame
	if !isEven(f) {
		return
	}
	own := make([][2]float64, 4)
	for i, p := range d.Points {
		own[i][0], own[i][1] = f.ToModel(p[0], p[1])
	}
	x, y := f.ToPicture(findMiddle(own))
	d.Points = scaleTurned(own, [2]float64{x, y}, f.ScaleX, f.ScaleY)
	box := heatmap.Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range d.Points {
		box = heatmap.Box{min(box[0], p[0]), min(box[1], p[1]), max(box[2], p[0]), max(box[3], p[1])}
	}
	d.Box = clip(box, f)
}

// gaussian describes a turned box by the normal distribution with its middle and the covariance of its area. With the
// sides w and h and the angle t
//
//	a = w²/12 cos² t + h²/12 sin² t, b = w²/12 sin² t + h²/12 cos² t, c = (w² - h²)/12 cos t sin t
type gaussian struct{ x, y, a, b, c float64 }

// gaussian returns the distribution of candidate k, whose four points are the corners m + u + v, m + u - v, m - u - v,
// m - u + v.
func (c candidates) gaussian(k int) gaussian {
	p := c.points(k)
	at := func(i int) (x, y float64) { return float64(p[2*i]), float64(p[2*i+1]) }
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

// suppressTurned returns those of the candidates, the surest first, that overlap no surer one of their class, or of
// any, by more than the spec's limit. The surer one counts even if it is dropped itself. Ultralytics 8.4.190 suppresses
// turned boxes this way (utils/nms.py, fast_nms).
func (c candidates) suppressTurned(order []int, spec detect.Spec) []int {
	var kept []int
	for i, k := range order {
		class, shape := c.class(k), c.gaussian(k)
		twice := spec.NMS < 1 && slices.ContainsFunc(order[:i], func(o int) bool {
			return (spec.AcrossClasses || c.class(o) == class) && c.gaussian(o).overlap(shape) > spec.NMS
		})
		if !twice {
			kept = append(kept, k)
		}
		if len(kept) == cmp.Or(spec.Most, mostFound) {
			break
		}
	}
	return kept
}
