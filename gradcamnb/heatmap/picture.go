package heatmap

import "github.com/gradcam-go/gradcam/gradcamnb/imgio"

// OnPicture returns the map at the resolution of the picture: each pixel has the map's value at the pixel's middle, as
// [Grid.AtPixel] reads it. It is 0 for pixels that the model did not see.
func (g Grid) OnPicture(f imgio.Frame) Grid {
	out := NewGrid(f.PictureW, f.PictureH)
	seen := f.Seen()
	columns := make([]blendedPlace, seen.Max.X)
	for x := seen.Min.X; x < seen.Max.X; x++ {
		u, _ := f.ToModel(float64(x)+0.5, 0)
		columns[x].lo, columns[x].hi, columns[x].part = neighbourCells(u-0.5, g.W)
	}
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		_, v := f.ToModel(0, float64(y)+0.5)
		y0, y1, fy := neighbourCells(v-0.5, g.H)
		upper, lower, line := g.Values[y0*g.W:][:g.W], g.Values[y1*g.W:][:g.W], out.Values[y*out.W:][:out.W]
		for x := seen.Min.X; x < seen.Max.X; x++ {
			c := columns[x]
			top := upper[c.lo]*(1-c.part) + upper[c.hi]*c.part
			bottom := lower[c.lo]*(1-c.part) + lower[c.hi]*c.part
			line[x] = top*(1-fy) + bottom*fy
		}
	}
	return out
}

// AtPixel returns the map's value at the middle of a pixel of the picture, read bilinearly and clamped at the map's
// edges.
func (g Grid) AtPixel(f imgio.Frame, x, y int) float32 {
	u, v := f.ToModel(float64(x)+0.5, float64(y)+0.5)
	x0, x1, fx := neighbourCells(u-0.5, g.W)
	y0, y1, fy := neighbourCells(v-0.5, g.H)
	top := g.At(x0, y0)*(1-fx) + g.At(x1, y0)*fx
	bottom := g.At(x0, y1)*(1-fx) + g.At(x1, y1)*fx
	return top*(1-fy) + bottom*fy
}

// neighbourCells returns the two cells around a place, and its distance from the first.
func neighbourCells(at float64, n int) (lo, hi int, fraction float32) {
	at = min(max(at, 0), float64(n-1))
	lo = int(at)
	return lo, min(lo+1, n-1), float32(at - float64(lo))
}
