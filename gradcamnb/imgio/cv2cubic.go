package imgio

import (
	"image"
	"math"
)

// cubicCV2 scales a picture to a place in out as OpenCV's INTER_CUBIC does for bytes. Each pixel is made of the sixteen
// pixels around a point, however much the picture shrinks, and pixels beyond the edge are like those at it:
//
//	x = (u + 1/2) w / W - 1/2,  p = SUM_i SUM_j a_i b_j p_(x+i, y+j),  i, j = -1 .. 2
//
// with weights by Keys' kernel with a = -3/4, rounded once at the end. OpenCV 5.0.0 agrees to the bit; version 4 rounds
// the weights to 1/2048, and differs by 1 in some pixels.
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
				var sum float64
				for j, yy := range row.at {
					var across float64
					for i, xx := range column.at {
						across += column.weights[i] * float64(src.Pix[yy*src.Stride+4*xx+c])
					}
					sum += row.weights[j] * across
				}
				to[c] = uint8(min(max(math.RoundToEven(sum), 0), 255))
			}
		}
	}
}

// cubicTap is the four pixels of a side that a pixel reads, by weights of 1 together.
type cubicTap struct {
	at      [4]int
	weights [4]float64
}

// cubicTaps returns the taps of every pixel of a side.
func cubicTaps(to, from int) []cubicTap {
	out := make([]cubicTap, to)
	kernel := kernels[CV2Cubic]
	for u := range out {
		x := (float64(u)+0.5)*float64(from)/float64(to) - 0.5
		first := int(math.Floor(x)) - 1
		for i := range 4 {
			out[u].at[i] = min(max(first+i, 0), from-1)
			out[u].weights[i] = kernel.at(float64(first+i) - x)
		}
	}
	return out
}
