package imgio

import "math"

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
	ratio := p.ratio(w, h)
	if p.At == CornerDown {
		return placement{w: max(1, int(float64(w)*ratio)), h: max(1, int(float64(h)*ratio)), exact: ratio}
	}
	rw := max(1, int(math.RoundToEven(float64(w)*ratio)))
	rh := max(1, int(math.RoundToEven(float64(h)*ratio)))
	if p.At == Corner {
		return placement{w: rw, h: rh}
	}
	return placement{w: rw, h: rh, left: -((p.Width - rw) / 2), top: -((p.Height - rh) / 2)}
}

// ratio returns the factor by which a letterbox scales a picture.
func (p Prep) ratio(w, h int) float64 {
	return min(float64(p.Width)/float64(w), float64(p.Height)/float64(h))
}
