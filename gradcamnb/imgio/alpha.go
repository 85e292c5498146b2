package imgio

import (
	"image"
	"image/draw"
	"runtime"
	"sync"
	"weak"
)

// alphas are the pictures with their alpha of those that were read over white and are still in use.
var alphas sync.Map // from weak.Pointer[image.NRGBA] to *image.NRGBA

// Straight is a picture with its alpha, as its file has it. [Open] returns pictures over white, as they
// are drawn and as most models see them; a model that takes an alpha channel sees this one. It is the
// picture itself if nothing of it is transparent or it was not read here.
func Straight(img image.Image) image.Image {
	if p, ok := img.(*image.NRGBA); ok && p != nil {
		if straight, ok := alphas.Load(weak.Make(p)); ok {
			return straight.(*image.NRGBA)
		}
	}
	return img
}

// withAlpha keeps a picture's alpha for as long as the picture is there.
func withAlpha(flat, straight *image.NRGBA) {
	at := weak.Make(flat)
	alphas.Store(at, straight)
	runtime.AddCleanup(flat, func(at weak.Pointer[image.NRGBA]) { alphas.Delete(at) }, at)
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
