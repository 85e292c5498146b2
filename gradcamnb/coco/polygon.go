package coco

import (
	"fmt"
	"image"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// farthest is how far from a picture's corner a corner of a polygon may lie, in pixels.
const farthest = 1 << 24

// AddPolygon adds a polygon to a mask, x and y of its corners in turn, as pycocotools 2.0 draws it: pixels whose middle
// lies within (even-odd rule), where the corners are rounded to fifths of a pixel, and so are the edges.
func AddPolygon(mask heatmap.Grid, corners []float64) error {
	n := len(corners) / 2
	if len(corners)%2 != 0 || n < 3 {
		return fmt.Errorf("a polygon has %d numbers: give x and y of at least 3 corners", len(corners))
	}
	at := make([][2]int, n) // in fifths
	for i := range at {
		for k := range 2 {
			v := corners[2*i+k]
			if !(math.Abs(v) <= farthest) {
				return fmt.Errorf("a corner of a polygon lies at %g", v)
			}
			at[i][k] = int(5*v + 0.5)
		}
	}
	box := boundingBox(at).Intersect(image.Rect(0, 0, mask.W, mask.H))
	if box.Empty() {
		return nil
	}
	turns := make([]bool, box.Dx()*box.Dy())
	for i := range at { // each edge turns what lies below it in a column
		newEdge(at[i], at[(i+1)%n]).turnBelow(turns, box)
	}
	for x := range box.Dx() {
		inside := false
		for y := range box.Dy() {
			if turns[y*box.Dx()+x] {
				inside = !inside
			}
			if inside {
				mask.Values[(box.Min.Y+y)*mask.W+box.Min.X+x] = 1
			}
		}
	}
	return nil
}

// boundingBox returns a box of pixels around points in fifths.
func boundingBox(at [][2]int) image.Rectangle {
	r := image.Rectangle{Min: image.Pt(at[0][0], at[0][1]), Max: image.Pt(at[0][0], at[0][1])}
	for _, p := range at {
		r.Min = image.Pt(min(r.Min.X, p[0]), min(r.Min.Y, p[1]))
		r.Max = image.Pt(max(r.Max.X, p[0]), max(r.Max.Y, p[1]))
	}
	return image.Rect(r.Min.X/5-1, r.Min.Y/5-1, r.Max.X/5+2, r.Max.Y/5+2)
}

// edge is a line in fifths of a pixel. It has a point for each fifth along its longer side; the other coordinate of a
// point is rounded.
type edge struct {
	from   [2]int
	length int     // along the longer side
	slope  float64 // of the other side
	steep  bool    // y is the longer side
}

func newEdge(a, b [2]int) edge {
	dx, dy := b[0]-a[0], b[1]-a[1]
	e := edge{from: a, steep: max(dx, -dx) < max(dy, -dy)}
	if e.steep && dy < 0 || !e.steep && dx < 0 { // both ways the same points
		e.from, dx, dy = b, -dx, -dy
	}
	if e.steep {
		e.length, e.slope = dy, float64(dx)/float64(dy)
	} else if e.length = dx; dx > 0 {
		e.slope = float64(dy) / float64(dx)
	}
	return e
}

// otherPlace returns the coordinate of point t along the shorter side.
func (e edge) otherPlace(t int) int {
	k := 1
	if e.steep {
		k = 0
	}
	return int(float64(e.from[k]) + e.slope*float64(t) + 0.5)
}

// turnBelow turns the mark of the first pixel below the edge on or off, in each column of a box whose middle the edge
// crosses.
func (e edge) turnBelow(turns []bool, box image.Rectangle) {
	left, right := e.from[0], e.from[0]+e.length
	if e.steep {
		left, right = min(e.otherPlace(0), e.otherPlace(e.length)), max(e.otherPlace(0), e.otherPlace(e.length))
	}
	for x := max(box.Min.X, left/5-1); x < box.Max.X && 5*x+2 < right; x++ {
		if 5*x+2 < left {
			continue
		}
		y := math.Ceil((float64(e.crossing(5*x+2))+0.5)/5 - 0.5)
		if row := max(int(y), box.Min.Y); row < box.Max.Y {
			at := (row-box.Min.Y)*box.Dx() + x - box.Min.X
			turns[at] = !turns[at]
		}
	}
}

// crossing returns the height, in fifths, at which the edge crosses the line between x and x + 1: that of the upper one
// of its two points beside the line.
func (e edge) crossing(x int) int {
	if !e.steep {
		t := x - e.from[0]
		return min(e.otherPlace(t), e.otherPlace(t+1))
	}
	// Find the first point beyond the line. The slope says which it is, up to rounding.
	rises := e.slope > 0
	beyond := func(t int) bool { return (e.otherPlace(t) > x) == rises }
	t := int((float64(x) + 0.5 - float64(e.from[0])) / e.slope)
	t = min(max(t, 1), e.length)
	for t > 1 && beyond(t-1) {
		t--
	}
	for t < e.length && !beyond(t) {
		t++
	}
	return e.from[1] + t - 1
}
