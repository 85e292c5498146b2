package imgio

import (
	"image"
	"math"
)

// cubicCV2 scales a picture to a place in out as OpenCV's INTER_CUBIC does for bytes: from the sixteen pixels around
// each point, not widened where the picture shrinks, and those beyond the edge like the ones at it,
//
//	x = (u + 1/2) w / W - 1/2,  p = SUM_i SUM_j a_i b_j p_(x+i, y+j),  i, j = -1 .. 2
//
// with weights in units of 1/2048 by Keys' kernel with a = -3/4 (interpolateCubic, HResizeCubic and VResizeCubic in
// modules/imgproc/src/resize.cpp).
func cubicCV2(out *image.NRGBA, place image.Rectangle, src *image.NRGBA) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	columns, rows := cubicTaps(place.Dx(), w), cubicTaps(place.Dy(), h)
	seen := place.Intersect(out.Bounds())
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		row := rows[y-place.Min.Y]
		for x := seen.Min.X; x < seen.Max.X; x++ {
			column := columns[x-place.Min.X]
			to := out.Pix[out.PixOffset(x, y):]
			for c := range 4 {
				sum := 0
				for j, yy := range row.at {
					across := 0
					for i, xx := range column.at {
						across += column.weights[i] * int(src.Pix[yy*src.Stride+4*xx+c])
					}
					sum += row.weights[j] * across
				}
				to[c] = uint8(min(max(math.RoundToEven(float64(sum)/(2048*2048)), 0), 255))
			}
		}
	}
}

// cubicTap is the four pixels of a side that a pixel reads, by weights of about 2048 together.
type cubicTap struct{ at, weights [4]int }

// cubicTaps are the taps of every pixel of a side.
func cubicTaps(to, from int) []cubicTap {
	out := make([]cubicTap, to)
	scale := float64(from) / float64(to)
	for u := range out {
		f := float32((float64(u)+0.5)*scale - 0.5)
		first := int(math.Floor(float64(f)))
		f -= float32(first)
		const a = float32(-0.75)
		near := func(t float32) float32 { return ((a+2)*t-(a+3))*t*t + 1 }
		t := f + 1
		weights := [4]float32{((a*t-5*a)*t+8*a)*t - 4*a, near(f), near(1 - f)}
		weights[3] = 1 - weights[0] - weights[1] - weights[2]
		for i, v := range weights {
			out[u].at[i] = min(max(first-1+i, 0), from-1)
			out[u].weights[i] = int(math.RoundToEven(float64(v * 2048)))
		}
	}
	return out
}
