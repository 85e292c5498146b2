package imgio

import (
	"image"
	"math"
)

// asOpenCV holds OpenCV's filters of bytes with its own rounding. Each scales a picture to a place in out.
var asOpenCV = map[Filter]func(out *image.NRGBA, place image.Rectangle, src *image.NRGBA){
	CV2: linearCV2, CV2Cubic: cubicCV2}

// linearCV2 scales a picture to a place in out as OpenCV's INTER_LINEAR does for bytes. Each pixel is made of the four
// pixels around a point, however much the picture shrinks:
//
//	x = (u + 1/2) w / W - 1/2,  p = SUM_i SUM_j a_i b_j p_(x+i, y+j)
//
// The weights are in units of 1/2048, and sums are rounded in between as in OpenCV's resize for 8 bits (HResizeLinear
// and VResizeLinear in modules/imgproc/src/resize.cpp).
func linearCV2(out *image.NRGBA, place image.Rectangle, src *image.NRGBA) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	columns, rows := tapsCV2(place.Dx(), w, true), tapsCV2(place.Dy(), h, false)
	seen := place.Intersect(out.Bounds())
	row := func(y, c, x int) int { // horizontally
		t := columns[x]
		at := src.Pix[y*src.Stride:]
		return int(at[4*t.at+c])*t.near + int(at[4*min(t.at+1, w-1)+c])*t.far
	}
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		t := rows[y-place.Min.Y]
		for x := seen.Min.X; x < seen.Max.X; x++ {
			to := out.Pix[out.PixOffset(x, y):]
			for c := range 4 {
				upper, lower := row(max(t.at, 0), c, x-place.Min.X), row(min(t.at+1, h-1), c, x-place.Min.X)
				v := (t.near*(upper>>4))>>16 + (t.far*(lower>>4))>>16
				to[c] = uint8(min(255, (v+2)>>2))
			}
		}
	}
}

// tapCV2 says how a pixel is made of two neighbours, at and at+1: by the weights near and far, which sum to 2048.
type tapCV2 struct{ at, near, far int }

// tapsCV2 returns the taps of every pixel of a side. At the edge of the picture there is only one neighbour. If whole
// is true, it gets the whole weight, as OpenCV does across; otherwise both weights are rounded by themselves, as it
// does down.
func tapsCV2(to, from int, whole bool) []tapCV2 {
	out := make([]tapCV2, to)
	scale := float64(from) / float64(to)
	for i := range out {
		f := float32((float64(i)+0.5)*scale - 0.5)
		at := int(math.Floor(float64(f)))
		f -= float32(at)
		if at < 0 && whole {
			at, f = 0, 0
		}
		if at >= from-1 && whole {
			at, f = from-1, 0
		}
		out[i] = tapCV2{at, int(math.RoundToEven(float64((1 - f) * 2048))), int(math.RoundToEven(float64(f * 2048)))}
	}
	return out
}
