package imgio

import (
	"image"
	"image/draw"
)

// alphas holds, for pictures that were read over white, the same pictures with their alpha.
var alphas sideTable[*image.NRGBA]

// Straight returns a picture with its alpha, as its file has it. [Open] returns pictures over white, as they are drawn
// and as most models see them; a model with an alpha channel sees the picture that Straight returns. If nothing in the
// picture is transparent, or if this package did not read it, Straight returns the picture itself.
func Straight(img image.Image) image.Image {
	if straight, ok := alphas.find(img); ok {
		return straight
	}
	return img
}

// straight returns a copy of a part of a picture with its alpha, or nil if nothing in the picture is transparent.
func straight(img image.Image, part image.Rectangle) *image.NRGBA {
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		return nil
	}
	out := image.NewNRGBA(image.Rect(0, 0, part.Dx(), part.Dy()))
	draw.Draw(out, img.Bounds().Sub(part.Min), img, img.Bounds().Min, draw.Src)
	return out
}
