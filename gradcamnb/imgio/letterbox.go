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

	// Ultralytics is the middle in whole pixels, which boxes are brought back by, as
	// Ultralytics 8.4.190 does it.
	Ultralytics Place = "ultralytics"
)

// placeLetterbox scales the longer side to the input's size and the shorter one in the same
// ratio, rounded to whole pixels. Of an odd number of spare pixels the one more lies right
// or below.
func placeLetterbox(p Prep, w, h int) placement {
	ratio := p.ratio(w, h)
	rw := max(1, int(math.RoundToEven(float64(w)*ratio)))
	rh := max(1, int(math.RoundToEven(float64(h)*ratio)))
	if p.At == Corner {
		return placement{w: rw, h: rh}
	}
	return placement{rw, rh, -((p.Width - rw) / 2), -((p.Height - rh) / 2)}
}

// ratio is by what a letterbox scales a picture.
func (p Prep) ratio(w, h int) float64 {
	return min(float64(p.Width)/float64(w), float64(p.Height)/float64(h))
}
