package imgio

import (
	"image"
	"image/draw"

	"github.com/gradcam-go/gradcam/internal/strips"
)

// turn says how a stored picture of w x h pixels is turned upright. Its pixel (x, y) goes to first + x right + y down.
type turn struct {
	first       func(w, h int) image.Point
	right, down image.Point
}

// turns holds a turn for each orientation but 1, which is upright.
var turns = map[int]turn{
	2: {func(w, _ int) image.Point { return image.Pt(w-1, 0) }, image.Pt(-1, 0), image.Pt(0, 1)},
	3: {func(w, h int) image.Point { return image.Pt(w-1, h-1) }, image.Pt(-1, 0), image.Pt(0, -1)},
	4: {func(_, h int) image.Point { return image.Pt(0, h-1) }, image.Pt(1, 0), image.Pt(0, -1)},
	5: {func(_, _ int) image.Point { return image.Pt(0, 0) }, image.Pt(0, 1), image.Pt(1, 0)},
	6: {func(_, h int) image.Point { return image.Pt(h-1, 0) }, image.Pt(0, 1), image.Pt(-1, 0)},
	7: {func(w, h int) image.Point { return image.Pt(h-1, w-1) }, image.Pt(0, -1), image.Pt(-1, 0)},
	8: {func(w, _ int) image.Point { return image.Pt(0, w-1) }, image.Pt(0, -1), image.Pt(1, 0)},
}

// drawUpright returns a picture of w x h pixels that a function draws, turned upright by its orientation. The function
// draws some rows of the stored picture, from the given one on, on a picture of that many rows that is transparent. It
// is called for several rows at the same time.
func drawUpright(w, h, orientation int, rows func(from int, on *image.RGBA)) *image.NRGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	t, isTurned := turns[orientation]
	if !isTurned {
		strips.Each(h, func(top, bottom int) {
			part := out.SubImage(image.Rect(0, top, w, bottom)).(*image.RGBA)
			rows(top, &image.RGBA{Pix: part.Pix, Stride: part.Stride, Rect: image.Rect(0, 0, w, bottom-top)})
		})
		return asNRGBA(out)
	}
	if t.right.X == 0 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	strips.Each(h, func(top, bottom int) {
		const most = 32 // rows, which the processor's cache holds
		strip := image.NewRGBA(image.Rect(0, 0, w, min(most, bottom-top)))
		for y := top; y < bottom; y += most {
			if y+most > bottom {
				strip = image.NewRGBA(image.Rect(0, 0, w, bottom-y))
			}
			clear(strip.Pix)
			rows(y, strip)
			t.put(strip, y, h, out)
		}
	})
	return asNRGBA(out)
}

// put puts rows of a stored picture of height h, from row y on, to their places in the upright one.
func (t turn) put(strip *image.RGBA, y, h int, out *image.RGBA) {
	w, n := strip.Rect.Dx(), strip.Rect.Dy()
	step := func(p image.Point) int { return 4*p.X + out.Stride*p.Y }
	right, down := step(t.right), step(t.down)
	first := step(t.first(w, h)) + y*down
	from, to := strip.Pix, out.Pix
	for x := range w {
		at := first + x*right
		for i := 4 * x; i < n*strip.Stride; i += strip.Stride {
			copy(to[at:at+4], from[i:i+4])
			at += down
		}
	}
}

// asNRGBA returns a picture with the same bytes, as colours that are not multiplied with their alpha. If it is opaque,
// it is the same picture.
func asNRGBA(p *image.RGBA) *image.NRGBA {
	return &image.NRGBA{Pix: p.Pix, Stride: p.Stride, Rect: p.Rect}
}

// upright returns a picture turned upright by its orientation.
func upright(img *image.NRGBA, orientation int) *image.NRGBA {
	if orientation == 1 {
		return img
	}
	as := image.RGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect} // so that the bytes are copied as they are
	return drawUpright(img.Rect.Dx(), img.Rect.Dy(), orientation, func(from int, on *image.RGBA) {
		draw.Draw(on, on.Rect, &as, image.Pt(0, from), draw.Src)
	})
}
