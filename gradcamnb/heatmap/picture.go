package heatmap

import "github.com/gradcam-go/gradcam/gradcamnb/imgio"

// OnPicture returns the map at the resolution of the picture: each pixel has the map's value at the pixel's middle, as
// [Grid.AtPixel] reads it. It is 0 for pixels that the model did not see.
func (g Grid) OnPicture(f imgio.Frame) Grid {
	out := NewGrid(f.PictureW, f.PictureH)
	seen := f.Seen()
	columns := make([]blendedPlace, seen.Dx())
	for i := range columns {
		u, _ := f.ToModel(float64(seen.Min.X+i)+0.5, 0)
		columns[i] = neighbourCells(u-0.5, g.W)
	}
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		_, v := f.ToModel(0, float64(y)+0.5)
		g.blend(out.Values[y*out.W+seen.Min.X:], neighbourCells(v-0.5, g.H), columns)
	}
	return out
}

// AtPixel returns the map's value at the middle of a pixel of the picture, read bilinearly and clamped at the map's
// edges.
func (g Grid) AtPixel(f imgio.Frame, x, y int) float32 {
	u, v := f.ToModel(float64(x)+0.5, float64(y)+0.5)
	var out [1]float32
	g.blend(out[:], neighbourCells(v-0.5, g.H), []blendedPlace{neighbourCells(u-0.5, g.W)})
	return out[0]
}

// blendedPlace is a place between two cells: part is its distance from the first, from 0 to 1.
type blendedPlace struct {
	lo, hi int
	part   float32
	beyond bool // the place lies before the first cell or behind the last one
}

// neighbourCells returns a place between the two cells around it, clamped to the n cells.
func neighbourCells(at float64, n int) blendedPlace {
	at = min(max(at, 0), float64(n-1))
	lo := int(at)
	return blendedPlace{lo: lo, hi: min(lo+1, n-1), part: float32(at - float64(lo))}
}

// blend writes the values at one place down the grid and many places across it into line, bilinearly. It leaves out
// places beyond the grid.
func (g Grid) blend(line []float32, row blendedPlace, columns []blendedPlace) {
	upper, lower := g.Values[row.lo*g.W:][:g.W], g.Values[row.hi*g.W:][:g.W]
	for x, c := range columns {
		top := upper[c.lo]*(1-c.part) + upper[c.hi]*c.part
		bottom := lower[c.lo]*(1-c.part) + lower[c.hi]*c.part
		if !c.beyond {
			line[x] = top*(1-row.part) + bottom*row.part
		}
	}
}
