package imgio

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/internal/opaque"
	"github.com/gradcam-go/gradcam/internal/strips"
)

// resample returns the picture as the model's input. It computes only the part that the model sees, one row of the
// input at a time, so that the memory does not grow with the size to which the whole picture would be scaled.
//
// The arithmetic is that of PIL's resize (13.0.0), to the bit: one side is scaled after the other, with weights in
// multiples of 2^-22 and with 8-bit pixels in between.
func (p Prep) resample(img *image.NRGBA, at placement) *image.NRGBA {
	src, changed, scaled := img, false, img.Rect.Dx() != at.w || img.Rect.Dy() != at.h
	if scaled && p.takesAlpha() { // else it is opaque
		src, changed = multiplyAlpha(img)
	}
	out := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	seen := image.Rect(0, 0, at.w, at.h).Sub(image.Pt(at.left, at.top)).Intersect(out.Rect)
	if seen != out.Rect {
		draw.Draw(out, out.Rect, image.NewUniform(color.Gray{p.Pad}), image.Point{}, draw.Src)
	}
	if own := asOpenCV[p.Filter]; own != nil && scaled && !changed {
		own(out, image.Rect(0, 0, at.w, at.h).Sub(image.Pt(at.left, at.top)), src)
		return out
	}
	columnAt := p.taps(src.Rect.Dx(), at.w, seen.Min.X+at.left, seen.Dx())
	columns := make([]taps, seen.Dx())
	for x := range columns {
		columns[x] = columnAt(x)
	}
	rowAt := p.taps(src.Rect.Dy(), at.h, seen.Min.Y+at.top, seen.Dy())
	scaling := rowsFirst
	if columnsFirst(src.Rect.Dx(), src.Rect.Dy(), at) {
		scaling = columnsThenRows
	}
	strips.Each(seen.Dy(), func(top, bottom int) {
		scale := scaling(src, columns)
		for y := top; y < bottom; y++ {
			scale(rowAt(y), out.Pix[out.PixOffset(seen.Min.X, seen.Min.Y+y):])
		}
	})
	if changed {
		divide(out)
	}
	return out
}

// columnsFirst tells whether the height of a picture of w x h pixels is scaled before its width. PIL does so if the
// height shrinks by more than twice as many pixels as the width.
func columnsFirst(w, h int, at placement) bool {
	return at.h < h && h-at.h > 2*(w-at.w)
}

// rowsFirst returns a function that makes one row of the input: it scales the picture's rows and then adds them up. It
// must be called for the rows from the top down.
func rowsFirst(src *image.NRGBA, columns []taps) func(row taps, to []byte) {
	wide := window{src: src, columns: columns}
	sums := make([]int32, 4*len(columns))
	return func(row taps, to []byte) {
		mixRows(wide.rows(row.first, len(row.weights)), row.weights, sums, to)
	}
}

// columnsThenRows is like rowsFirst, but adds the picture's rows up and then scales the sum.
func columnsThenRows(src *image.NRGBA, columns []taps) func(row taps, to []byte) {
	last := columns[len(columns)-1]
	used := 4 * (last.first + len(last.weights))
	sums, sum := make([]int32, used), make([]byte, used)
	var rows [][]byte
	return func(row taps, to []byte) {
		rows = rows[:0]
		for y := range len(row.weights) {
			rows = append(rows, src.Pix[(row.first+y)*src.Stride:])
		}
		mixRows(rows, row.weights, sums, sum)
		mixPixels(sum, columns, to)
	}
}

// multiplyAlpha returns a picture whose colours are multiplied by their alpha, so that the colours of transparent
// pixels do not count. It returns the picture itself if it is opaque.
func multiplyAlpha(img *image.NRGBA) (out *image.NRGBA, changed bool) {
	if opaque.Is(img) {
		return img, false
	}
	out = image.NewNRGBA(img.Rect)
	draw.Draw(out, out.Rect, img, img.Rect.Min, draw.Src) // may be a part of a larger picture
	for i := 0; i < len(out.Pix); i += 4 {
		for c := range 3 {
			out.Pix[i+c] = byte((int(out.Pix[i+c])*int(out.Pix[i+3]) + 127) / 255)
		}
	}
	return out, true
}

// divide undoes [multiplyAlpha].
func divide(img *image.NRGBA) {
	for i := 0; i < len(img.Pix); i += 4 {
		a := int(img.Pix[i+3])
		for c := range 3 {
			if a > 0 {
				img.Pix[i+c] = byte(min(255*int(img.Pix[i+c])/a, 255))
			}
		}
	}
}

// taps are the pixels of which one scaled pixel is made: the place of the first one, and the weights in multiples of
// 2^-precision.
type taps struct {
	first   int
	weights []int32
}

// precision is the number of bits of a weight. A sum of weighted bytes then fits in 32 bits.
const precision = 32 - 8 - 2

// taps returns a function that returns the taps of the scaled pixel from+i of a side, which is scaled from in to out
// pixels.
func (p Prep) taps(in, out, from, n int) func(i int) taps {
	scale := float64(in) / float64(out)
	if p.Filter == Nearest {
		return nearest(in, scale, from, n)
	}
	k := kernels[p.Filter]
	return func(i int) taps { return k.taps(in, scale, from+i) }
}

// taps returns the taps of pixel i of the scaled side. The kernel is widened if the picture shrinks, unless it is
// narrow.
func (k kernel) taps(in int, scale float64, i int) taps {
	widened := max(scale, 1)
	if k.narrow {
		widened = 1
	}
	middle := (float64(i) + 0.5) * scale
	first := max(0, int(middle-k.support*widened+0.5))
	last := min(in, int(middle+k.support*widened+0.5))
	values := make([]float64, last-first)
	var sum float64
	for j := range values {
		values[j] = k.at((float64(j+first) - middle + 0.5) / widened)
		sum += values[j]
	}
	t := taps{first, make([]int32, len(values))}
	for j, v := range values {
		if sum != 0 {
			v /= sum
		}
		t.weights[j] = int32(math.Round(v * (1 << precision)))
	}
	return t
}

// nearest returns the taps that take the pixel under the scaled pixel's middle. It adds up the places instead of
// multiplying, as PIL does, since rounding decides ties.
func nearest(in int, scale float64, from, n int) func(i int) taps {
	place := make([]int, n)
	middle := scale * 0.5
	for i := range from + n {
		if i >= from {
			place[i-from] = min(int(middle), in-1)
		}
		middle += scale
	}
	one := []int32{1 << precision}
	return func(i int) taps { return taps{place[i], one} }
}

// window holds the rows of a picture of which one row of the input is made, scaled to the input's columns.
type window struct {
	src     *image.NRGBA
	columns []taps
	first   int      // number of the picture's row that is held[0]
	held    [][]byte // 4 bytes a pixel
	free    [][]byte
}

// rows returns n rows from the given one on. first must not be less than in the call before.
func (w *window) rows(first, n int) [][]byte {
	for len(w.held) > 0 && w.first < first {
		w.free = append(w.free, w.held[0])
		w.held, w.first = w.held[1:], w.first+1
	}
	if len(w.held) == 0 {
		w.first = first
	}
	for len(w.held) < n {
		var row []byte
		if last := len(w.free) - 1; last >= 0 {
			row, w.free = w.free[last], w.free[:last]
		} else {
			row = make([]byte, 4*len(w.columns))
		}
		y := w.first + len(w.held)
		mixPixels(w.src.Pix[y*w.src.Stride:], w.columns, row)
		w.held = append(w.held, row)
	}
	return w.held[:n]
}

// mixPixels scales a row of pixels.
func mixPixels(from []byte, columns []taps, to []byte) {
	for x, c := range columns {
		r, g, b, a := half, half, half, half
		pixels := from[4*c.first:]
		for _, weight := range c.weights {
			r += weight * int32(pixels[0])
			g += weight * int32(pixels[1])
			b += weight * int32(pixels[2])
			a += weight * int32(pixels[3])
			pixels = pixels[4:]
		}
		to[4*x], to[4*x+1], to[4*x+2], to[4*x+3] = clip(r), clip(g), clip(b), clip(a)
	}
}

// mixRows adds up weighted rows. A single row of full weight is copied. The sums are scratch space.
func mixRows(rows [][]byte, weights, sums []int32, to []byte) {
	if len(weights) == 1 && weights[0] == 1<<precision {
		copy(to, rows[0])
		return
	}
	for i := range sums {
		sums[i] = half
	}
	for j, row := range rows {
		weight := weights[j]
		for i, v := range row[:len(sums)] {
			sums[i] += weight * int32(v)
		}
	}
	for i, sum := range sums {
		to[i] = clip(sum)
	}
}

// half is added before a shift by precision, so that the shift rounds.
const half = int32(1) << (precision - 1)

func clip(sum int32) byte { return byte(min(max(sum>>precision, 0), 255)) }
