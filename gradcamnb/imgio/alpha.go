package imgio

import (
	"image"
	"image/draw"
)

// alphas are the pictures with their alpha of those that were read over white.
var alphas sideTable[*image.NRGBA]

// Straight is a picture with its alpha, as its file has it. [Open] returns pictures over white, as they
// are drawn and as most models see them; a model that takes an alpha channel sees this one. It is the
// picture itself if nothing of it is transparent or it was not read here.
func Straight(img image.Image) image.Image {
	if straight, ok := alphas.of(img); ok {
		return straight
	}
	return img
}

// straight copies a part of a picture with its alpha; nil if nothing in it is transparent.
func straight(img image.Image, part image.Rectangle) *image.NRGBA {
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		return nil
	}
	out := image.NewNRGBA(image.Rect(0, 0, part.Dx(), part.Dy()))
	draw.Draw(out, img.Bounds().Sub(part.Min), img, img.Bounds().Min, draw.Src)
	return out
}
