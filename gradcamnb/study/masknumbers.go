package study

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// maskNumbers gives each pixel of a mask a number: that of its colour in the palette, its grey, or, if the mask has
// colours and no palette, that of its colour in Pascal VOC.
type maskNumbers struct {
	img      image.Image
	coloured bool // there is a palette with colours
	rgb      bool // there are colours and no palette
	lossy    bool // the file's format changes greys a little
}

// numbersOf returns the numbers of a mask, from the bytes of its file and the picture that was read from them.
func numbersOf(data []byte, read image.Image) (maskNumbers, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data)) // which was read once
	if err != nil {
		return maskNumbers{}, err
	}
	n := maskNumbers{img: read, lossy: format == "jpeg"}
	palette, isPalette := config.ColorModel.(color.Palette)
	if isPalette || config.ColorModel == color.Gray16Model {
		if n.img, _, err = image.Decode(bytes.NewReader(data)); err != nil { // as it stands
			return n, err
		}
	}
	for _, c := range palette {
		n.coloured = n.coloured || !n.isGrey(c)
	}
	if isPalette || config.ColorModel == color.Gray16Model || config.ColorModel == color.GrayModel {
		return n, nil
	}
	b := n.img.Bounds()
	for i := 0; i < b.Dx()*b.Dy() && !n.rgb; i++ {
		n.rgb = !n.isGrey(n.img.At(i%b.Dx(), i/b.Dx()))
	}
	return n, nil
}

// isGrey tells whether a colour has as much of red, green and blue, but for what the file's format changes.
func (n maskNumbers) isGrey(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	least, most := min(r>>8, g>>8, b>>8), max(r>>8, g>>8, b>>8)
	return least == most || n.lossy && most-least <= 8
}

// at returns the number of a pixel, or an error if it has a colour that stands for none.
func (n maskNumbers) at(x, y int) (int, error) {
	switch m := n.img.(type) {
	case *image.Paletted:
		return int(m.ColorIndexAt(x, y)), nil
	case *image.Gray16:
		return int(m.Gray16At(x, y).Y), nil
	}
	r, g, b, _ := n.img.At(x, y).RGBA()
	if !n.rgb {
		return int(r >> 8), nil
	}
	v, ok := vocNumbers[[3]uint32{r >> 8, g >> 8, b >> 8}]
	if !ok {
		return 0, fmt.Errorf("the mask has a pixel of the colour %d, %d, %d, which stands for no class in Pascal VOC: "+
			"give a mask whose pixels are the numbers of classes", r>>8, g>>8, b>>8)
	}
	return v, nil
}

// vocNumbers are the numbers of colours in Pascal VOC. The three lowest bits of a number are the highest bits of red,
// green and blue, the next three the next ones, and so on.
var vocNumbers = func() map[[3]uint32]int {
	out := map[[3]uint32]int{}
	for n := range 256 {
		var c [3]uint32
		for bit := range 8 {
			c[bit%3] |= uint32(n) >> bit & 1 << (7 - bit/3)
		}
		out[c] = n
	}
	return out
}()

// checkDrawn returns an error if a mask is not drawn in one grey on black, and so does not tell by itself what its
// object is. Greys near black and near white count as black and white if the file's format changes greys, or if some
// pixels are nearly white, which numbers of classes are not. In a format that changes greys up to a tenth of the pixels
// may have others, as at the edges of an object. light is true then: the object is what is light. Otherwise the object
// is whatever is not 0.
func (n maskNumbers) checkDrawn(w, h int) (light bool, err error) {
	if n.rgb {
		return false, errors.New("the mask has colours and no palette: say which class is meant, by its number, " +
			"or give a mask that shows the object white on black")
	}
	used, err := n.count(w, h)
	if err != nil {
		return false, err
	}
	delete(used, 0)
	if len(used) <= 1 && !n.lossy {
		return false, nil
	}
	between, nearly, allowed := 0, n.lossy, 0
	for v, pixels := range used {
		switch {
		case v >= 224 && v <= 255:
			light, nearly = true, nearly || v < 255
		case v > 31:
			between += pixels
		}
	}
	if n.lossy {
		allowed = w * h / 10
	}
	if !light && len(used) > 0 || !nearly || between > allowed {
		return false, errManyGreys
	}
	return true, nil
}

// count returns how many pixels have each number.
func (n maskNumbers) count(w, h int) (map[int]int, error) {
	used := map[int]int{}
	for i := range w * h {
		v, err := n.at(i%w, i/w)
		if err != nil {
			return nil, err
		}
		used[v]++
	}
	return used, nil
}

var errManyGreys = errors.New("the mask has several greys, as numbers of classes are written: say which class is meant, " +
	"by its number, or give a mask that shows the object white on black")

// object returns a mask of w x h that is 1 for the pixels of a number. If the number is below 0, it is 1 for all pixels
// but those of the background, 0, and in a palette of colours those of no class, 255.
func (n maskNumbers) object(w, h, number int) (heatmap.Grid, error) {
	g := heatmap.NewGrid(w, h)
	for i := range g.Values {
		v, err := n.at(i%w, i/w)
		if err != nil {
			return g, err
		}
		if v == number || number < 0 && v != 0 && (v != 255 || !n.coloured) {
			g.Values[i] = 1
		}
	}
	return g, nil
}
