package heatmap

import (
	"image"
	"image/color"
	"math"
)

// MaskOf returns a mask that is drawn as a picture: 1 for pixels lighter than mid-grey, 0 for others. If the picture
// has transparent parts, it returns 1 for pixels that are more than half opaque instead.
func MaskOf(img image.Image) Grid {
	b := img.Bounds()
	light, opaque := NewGrid(b.Dx(), b.Dy()), NewGrid(b.Dx(), b.Dy())
	transparent := false
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := img.At(b.Min.X+x, b.Min.Y+y)
			_, _, _, alpha := c.RGBA()
			transparent = transparent || alpha < 0xffff
			if color.Gray16Model.Convert(c).(color.Gray16).Y > 0x7fff {
				light.Values[y*b.Dx()+x] = 1
			}
			if alpha > 0x7fff {
				opaque.Values[y*b.Dx()+x] = 1
			}
		}
	}
	if transparent {
		return opaque
	}
	return light
}

// Polygon returns a mask of w x h pixels: 1 for pixels whose middle lies in the polygon with the given corners
// (even-odd rule), 0 for others. Corners are in pixels, x right, y down.
func Polygon(w, h int, corners ...[2]float64) Grid {
	g := NewGrid(w, h)
	turns := make([]bool, w+1) // of a row: whether the pixels before one lie on the other side of an odd number of edges
	for row := range h {
		clear(turns)
		y := float64(row) + 0.5
		for k, a := range corners {
			if b := corners[(k+1)%len(corners)]; (a[1] > y) != (b[1] > y) {
				x := a[0] + (y-a[1])*(b[0]-a[0])/(b[1]-a[1])
				before := 0 // pixels whose middle is left of x
				if x > 0.5 {
					before = int(math.Ceil(min(x-0.5, float64(w))))
				}
				turns[before] = !turns[before]
			}
		}
		inside := false
		for x := w - 1; x >= 0; x-- {
			if turns[x+1] {
				inside = !inside
			}
			if inside {
				g.Values[row*w+x] = 1
			}
		}
	}
	return g
}

// BoundingBox returns the smallest box that holds all pixels with a value above 1/2. Its area is 0 if there are none.
func (g Grid) BoundingBox() Box {
	var r image.Rectangle
	for i, v := range g.Values {
		if v > 0.5 {
			r = r.Union(image.Rect(i%g.W, i/g.W, i%g.W+1, i/g.W+1))
		}
	}
	return Box{float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)}
}
