package imgio

import "math"

func init() { fits[Letterbox] = placeLetterbox }

// placeLetterbox scales the longer side to the input's size and the shorter one in the same
// ratio, rounded to whole pixels. Of an odd number of spare pixels the one more lies right
// or below.
func placeLetterbox(p Prep, w, h int) placement {
	ratio := min(float64(p.Width)/float64(w), float64(p.Height)/float64(h))
	rw := max(1, int(math.RoundToEven(float64(w)*ratio)))
	rh := max(1, int(math.RoundToEven(float64(h)*ratio)))
	return placement{rw, rh, -((p.Width - rw) / 2), -((p.Height - rh) / 2)}
}
