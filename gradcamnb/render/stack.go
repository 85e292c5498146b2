package render

import "image"

// Stack returns one picture with the figures one below the other.
func Stack(figures []*image.NRGBA) *image.NRGBA {
	if len(figures) == 1 {
		return figures[0]
	}
	var w, h int
	for _, f := range figures {
		w, h = max(w, f.Bounds().Dx()), h+f.Bounds().Dy()
	}
	c := newCanvas(w, h)
	c.fill(c.Bounds(), figures[0].NRGBAAt(0, 0)) // dark if the figures are
	y := 0
	for _, f := range figures {
		b := f.Bounds()
		for row := range b.Dy() {
			copy(c.Pix[c.PixOffset(0, y+row):], f.Pix[f.PixOffset(0, row):f.PixOffset(0, row)+4*b.Dx()])
		}
		y += b.Dy()
	}
	return c.NRGBA
}
