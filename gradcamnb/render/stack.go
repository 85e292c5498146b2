package render

import (
	"image"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Cards returns the cards of maps of results one below the other. maps returns those of a result. If there are several
// pictures, the cards' titles name them.
func Cards(results []*heatmap.Result, maps func(r *heatmap.Result) []*heatmap.Map, o *Options) *image.NRGBA {
	isOther := func(r *heatmap.Result) bool { return r.Name == "" || r.Name != results[0].Name }
	several := len(results) > 1 && slices.ContainsFunc(results, isOther)
	names := heatmap.PictureNames(results)
	var cards []*image.NRGBA
	for i, r := range results {
		of := r.Model
		if several {
			of += ", " + names[i]
		}
		for _, m := range maps(r) {
			cards = append(cards, card(r, m, of, o))
		}
	}
	return Stack(cards)
}

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
