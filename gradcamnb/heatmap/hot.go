package heatmap

import (
	"fmt"
	"image"
	"math"

	"github.com/gradcam-go/gradcam/internal/must"
)

// HotRegion is the part of a map whose values are at least a threshold, in pixels of the picture.
type HotRegion struct {
	Cut       Cut     // how the threshold was chosen
	Threshold float64 // in the map's unit
	Mask      Grid    // [height, width] of the picture: 1 for hot pixels, 0 for others
	Box       Box     // smallest box around the largest connected part, as Zhou et al. 2016 draw it
	Area      float64 // share of the picture that is hot, from 0 to 1
}

// Hot cuts one of the result's maps at the resolution of the picture and returns the hot region. Pixels that the model
// did not see are not hot, and the threshold does not depend on them.
func (r *Result) Hot(m *Map, c Cut) (*HotRegion, error) {
	if m.Slices > 0 {
		return nil, fmt.Errorf("the map of %s is of a volume, and only maps of pictures are cut", m.Target)
	}
	g := m.OnPicture(r.Frame)
	seen := r.Frame.Seen()
	for i := range g.Values {
		if !image.Pt(i%g.W, i/g.W).In(seen) {
			g.Values[i] = float32(math.NaN())
		}
	}
	t, err := c.Threshold(g)
	if err != nil {
		return nil, fmt.Errorf("cutting the map of %s at %s: %w", m.Target, c, err)
	}
	h := &HotRegion{Cut: c, Threshold: t, Mask: NewGrid(g.W, g.H)}
	hot := 0
	for i, v := range g.Values {
		if float64(v) >= t {
			h.Mask.Values[i] = 1
			hot++
		}
	}
	h.Area = float64(hot) / float64(len(g.Values))
	h.Box = h.Mask.Region(1).BoundingBox()
	return h, nil
}

// MustHot is like Hot, but panics with the error.
func (r *Result) MustHot(m *Map, c Cut) *HotRegion { return must.Get(r.Hot(m, c)) }

// Outlines returns the borders of the parts of a mask whose values are above 0, as closed polygons along the edges of
// its pixels. The part lies to the right of its border, so the borders of holes run the other way round. Pixels that
// meet at a corner belong to one part. Filling the polygons by the even-odd rule gives the mask back; see [Polygon].
func (g Grid) Outlines() [][]image.Point {
	on := func(x, y int) bool { return x >= 0 && y >= 0 && x < g.W && y < g.H && g.At(x, y) > 0 }
	// The border leaves a corner to the east, south, west or north: bit 0 to 3.
	steps := [4]image.Point{{X: 1}, {Y: 1}, {X: -1}, {Y: -1}}
	leave := map[image.Point]uint8{}
	var order []image.Point
	add := func(from image.Point, to int) {
		if leave[from] == 0 {
			order = append(order, from)
		}
		leave[from] |= 1 << to
	}
	for y := range g.H {
		for x := range g.W {
			if !on(x, y) {
				continue
			}
			for to, edge := range [4]struct{ dx, dy, px, py int }{{0, -1, 0, 0}, {1, 0, 1, 0}, {0, 1, 1, 1}, {-1, 0, 0, 1}} {
				if !on(x+edge.dx, y+edge.dy) {
					add(image.Pt(x+edge.px, y+edge.py), to)
				}
			}
		}
	}
	var out [][]image.Point
	for _, start := range order {
		for leave[start] != 0 {
			to := 0
			for leave[start]&(1<<to) == 0 {
				to++
			}
			out = append(out, traceOutline(leave, steps, start, to))
		}
	}
	return out
}

// traceOutline follows one border from a corner and removes its edges from leave. At a corner where two borders meet,
// it turns left, into the other pixel.
func traceOutline(leave map[image.Point]uint8, steps [4]image.Point, start image.Point, to int) []image.Point {
	corners, at := []image.Point{start}, start
	for {
		leave[at] &^= 1 << to
		at = at.Add(steps[to])
		came := to
		if at == start && leave[at] == 0 {
			break
		}
		for _, turn := range [3]int{3, 0, 1} { // left, straight on, right
			if to = (came + turn) % 4; leave[at]&(1<<to) != 0 {
				break
			}
		}
		if leave[at]&(1<<to) == 0 { // back at the start, where another part has a border, too
			break
		}
		if to != came {
			corners = append(corners, at)
		}
	}
	return corners
}
