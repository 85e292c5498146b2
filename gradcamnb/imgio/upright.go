package imgio

import "image"

// upright returns a picture turned upright by its orientation. Pixel (x, y) of the upright picture is this pixel of the
// stored one, of size w x h:
//
//	1 (x, y)        2 (w-1-x, y)      3 (w-1-x, h-1-y)  4 (x, h-1-y)
//	5 (y, x)        6 (y, h-1-x)      7 (w-1-y, h-1-x)  8 (w-1-y, x)
func upright(img *image.NRGBA, orientation int) *image.NRGBA {
	if orientation == 1 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			var sx, sy int
			switch orientation {
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			out.SetNRGBA(x, y, img.NRGBAAt(sx, sy))
		}
	}
	return out
}
