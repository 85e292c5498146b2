package heatmap

import (
	"fmt"
	"math"
	"slices"
)

// Parity returns the map normalised as pytorch-grad-cam 1.5.7 does (base_cam.py,
// image.py: scale_cam_image): with c = max(Raw, 0),
//
//	l = (c - min c) / (1e-7 + max(c - min c))      at the layer's resolution
//	r = bilinear resize of l to [H, W]
//	p = (r - min r) / (1e-7 + max(r - min r))      at full resolution
//
// NaN stays NaN. A map that is constant or nowhere positive becomes exact zeros. For a map of random masks c = Raw, as
// in RISE's own code: its values are mean scores, whose sign says nothing.
func (m *Map) Parity() Grid { return minMax(m.Scaled()) }

// Fuse joins maps of several layers as pytorch-grad-cam does: it returns the mean of the maps r of [Map.Parity],
// normalised once more at full resolution. It returns an error if the maps differ in size.
func Fuse(maps ...*Map) (Grid, error) {
	if len(maps) == 0 {
		return Grid{}, fmt.Errorf("there is no map to fuse")
	}
	sum := maps[0].Scaled()
	for _, m := range maps[1:] {
		if m.W != sum.W || m.H != sum.H {
			return Grid{}, fmt.Errorf("maps of %d x %d and %d x %d pixels cannot be fused: explain all at one input size",
				sum.W, sum.H, m.W, m.H)
		}
		for i, v := range m.Scaled().Values {
			sum.Values[i] += v
		}
	}
	for i := range sum.Values {
		sum.Values[i] /= float32(len(maps))
	}
	return minMax(sum), nil
}

// Scaled returns the map scaled to [0, 1] at the layer's resolution and then resized, the r of [Map.Parity].
func (m *Map) Scaled() Grid {
	c := m.Raw
	c.Values = slices.Clone(c.Values)
	if m.Sampled == nil {
		for i, v := range c.Values {
			c.Values[i] = max(v, 0)
		}
	}
	return minMax(c).ResizedLike(m.Grid)
}

// minMax replaces every value v of g by (v - min v) / (1e-7 + max(v - min v)), and returns g.
func minMax(g Grid) Grid {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range g.Values {
		switch { // a third of the time of the built-in min and max
		case v < lo && v > hi: // the first
			lo, hi = v, v
		case v < lo:
			lo = v
		case v > hi:
			hi = v
		case v != v:
			lo, hi = v, v // a NaN wins both, and stays
		}
	}
	scale := 1 / (1e-7 + (hi - lo))
	for i, v := range g.Values {
		g.Values[i] = (v - lo) * scale
	}
	return g
}

// Resized returns the grid scaled to w x h, bilinearly, with half-pixel centres, clamped at the edges and without
// antialiasing, as OpenCV's INTER_LINEAR does: output pixel o reads the input at x = (o + 1/2) * in/out - 1/2. If parts
// of the picture lie beyond the grid, the result is of the whole picture, and 0 in those parts.
func (g Grid) Resized(w, h int) Grid {
	out := Grid{W: w, H: h, Values: make([]float32, w*h)}
	columns := make([]blendedPlace, w)
	for x := range columns {
		columns[x] = neighbours(x, g.W, w, g.Beyond[1])
	}
	for y := range h {
		if row := neighbours(y, g.H, h, g.Beyond[0]); !row.beyond {
			g.blend(out.Values[y*w:][:w], row, columns)
		}
	}
	return out
}

// ResizedLike resizes the grid to the size of another one, as [Grid.Resized] does. It resizes a volume along its
// slices, too, as torch's interpolate(mode="trilinear", align_corners=False) does.
func (g Grid) ResizedLike(o Grid) Grid {
	if g.Slices == 0 {
		return g.Resized(o.W, o.H)
	}
	from, to := g.H/g.Slices*g.W, o.H/o.Slices*o.W
	planes := Grid{W: to, H: g.Slices, Values: make([]float32, 0, to*g.Slices)} // a row is a slice
	for z := range g.Slices {
		one := Grid{W: g.W, H: g.H / g.Slices, Values: g.Values[z*from : (z+1)*from], Beyond: g.Beyond}
		planes.Values = append(planes.Values, one.Resized(o.W, o.H/o.Slices).Values...)
	}
	return Grid{W: o.W, H: o.H, Slices: o.Slices, Values: planes.Resized(to, o.Slices).Values}
}

// neighbours returns the place of output pixel o between two of the input's cells, which lie between the shares
// beyond[0] and 1 - beyond[1] of the output:
//
//	x = (o + 1/2 - beyond[0] out) * in/(out (1 - beyond[0] - beyond[1])) - 1/2.
func neighbours(o, in, out int, beyond [2]float64) blendedPlace {
	pixel, first, seen := float64(o)+0.5, beyond[0]*float64(out), 1-beyond[0]-beyond[1]
	at := (pixel-first)*float64(in)/(float64(out)*seen) - 0.5
	floor := math.Floor(at)
	clamp := func(i int) int { return min(max(i, 0), in-1) }
	return blendedPlace{clamp(int(floor)), clamp(int(floor) + 1), float32(at - floor),
		pixel < first || pixel > float64(out)*(1-beyond[1])}
}
