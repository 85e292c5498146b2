package imgio

import (
	"image"
	"math"
)

func init() { fits[Letterbox] = placeLetterbox }

// Place says where a letterbox puts the picture.
type Place string

// These are the places.
const (
	Middle Place = "" // half of the bars on each side
	// Corner is the top left, with bars on the right and below, as in YOLOX, NudeNet, SCRFD and MMDetection.
	Corner Place = "corner"

	// CornerDown is the top left, too, but the picture's sides are rounded down to whole pixels, and boxes are brought
	// back by the exact ratio: YOLOX 0.3.0, yolox/data/data_augment.py (preproc).
	CornerDown Place = "corner-down"

	// Ultralytics is the middle in whole pixels. Boxes are brought back by these whole pixels, as Ultralytics 8.4.190
	// does.
	Ultralytics Place = "ultralytics"
)

// placeLetterbox scales the longer side to the input's size and the shorter one in the same ratio, rounded to whole
// pixels. If the number of spare pixels is odd, the extra pixel lies on the right or below.
func placeLetterbox(p Prep, w, h int) placement {
	if p.scaled != (image.Point{}) {
		at := p.placeWithin(p.scaled.X, p.scaled.Y)
		at.exact = p.exact
		return at
	}
	ratio := p.ratio(w, h)
	if p.At == CornerDown {
		return placement{w: max(1, int(float64(w)*ratio)), h: max(1, int(float64(h)*ratio)), exact: ratio}
	}
	rw := max(1, int(math.RoundToEven(float64(w)*ratio)))
	rh := max(1, int(math.RoundToEven(float64(h)*ratio)))
	return p.placeWithin(rw, rh)
}

// placeWithin puts a picture of w x h pixels into the input.
func (p Prep) placeWithin(w, h int) placement {
	if p.At == Corner || p.At == CornerDown {
		return placement{w: w, h: h}
	}
	return placement{w: w, h: h, left: -((p.Width - w) / 2), top: -((p.Height - h) / 2)}
}

// rectangle returns the letterbox for pictures of w x h pixels without the whole strides s of its bars. If a side of
// the letterbox has W pixels, of which the picture takes w r, the input has w r + (W - w r) mod s. Ultralytics 8.4.190,
// data/augment.py (LetterBox, auto).
func (p Prep) rectangle(w, h int) Prep {
	at := placeLetterbox(p, w, h)
	p.scaled, p.exact = image.Pt(at.w, at.h), at.exact
	p.Width, p.Height = at.w+(p.Width-at.w)%p.Stride, at.h+(p.Height-at.h)%p.Stride
	p.Stride = 0
	return p
}

// ratio returns the factor by which a letterbox scales a picture.
func (p Prep) ratio(w, h int) float64 {
	return min(float64(p.Width)/float64(w), float64(p.Height)/float64(h))
}
