package imgio

import "math"

func init() { fits[Letterbox] = placeLetterbox }

// Place is where a letterbox puts the picture.
type Place string

// The places.
const (
	Middle Place = "" // half of the bars on each side
	// at the top left, bars on the right and below, as YOLOX, NudeNet, SCRFD and MMDetection have it
	Corner Place = "corner"

	// CornerDown is the corner for a picture whose sides are rounded down to whole pixels, of which boxes are brought
	// back by the exact ratio: YOLOX 0.3.0, yolox/data/data_augment.py (preproc).
	CornerDown Place = "corner-down"

	// Ultralytics is the middle in whole pixels, which boxes are brought back by, as
	// Ultralytics 8.4.190 does it.
	Ultralytics Place = "ultralytics"
)

// placeLetterbox scales the longer side to the input's size and the shorter one in the same
// ratio, rounded to whole pixels. Of an odd number of spare pixels the one more lies right
// or below.
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

// ratio is by what a letterbox scales a picture.
func (p Prep) ratio(w, h int) float64 {
	return min(float64(p.Width)/float64(w), float64(p.Height)/float64(h))
}
