package render

import (
	"encoding/binary"
	"image"
	"image/draw"
	"sync/atomic"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/strips"
)

// shrunk returns a picture scaled to w x h pixels for drawing, over white if it is translucent. A picture that is many
// times larger is first averaged over blocks of whole pixels to about twice the size, in one pass, and then scaled.
// That costs little more than reading the picture once, and little memory besides the result.
func shrunk(img image.Image, w, h int) *image.NRGBA {
	b := img.Bounds()
	times := min(b.Dx()/max(w, 1), b.Dy()/max(h, 1))
	k := times / 2
	if times < 4 { // there is no room for twice the size
		k = times
	}
	k = min(k, largestBlock)
	if k > 1 {
		if blocks, ok := averageBlocks(img, k); ok {
			img = blocks
		}
	}
	c := newCanvas(w, h)
	c.picture(img, c.Bounds())
	return c.NRGBA
}

// largestBlock is the most rows and columns of a block. The last blocks may be twice as large, and a sum of 16 bits
// holds 257 bytes.
const largestBlock = 128

// averageBlocks returns the mean colour of every block of k x k pixels. The fewer than k pixels that are left over at
// the right and at the bottom go to the last blocks. It returns false unless the picture is opaque with 8 bits a
// channel.
func averageBlocks(img image.Image, k int) (*image.RGBA, bool) {
	row := rows8(img)
	if row == nil {
		return nil, false
	}
	b := img.Bounds()
	var isTranslucent atomic.Bool
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()/k, b.Dy()/k))
	strips.Each(out.Rect.Dy(), func(top, bottom int) {
		buffer := make([]byte, 4*b.Dx())
		sums := make([]columnSums, (b.Dx()+1)/2)
		for y := top; y < bottom; y++ {
			clear(sums)
			end := (y + 1) * k
			if y == out.Rect.Dy()-1 {
				end = b.Dy()
			}
			for v := y * k; v < end; v++ {
				addRow(sums, row(v, buffer))
			}
			if !meanBlocks(out.Pix[y*out.Stride:][:out.Stride], sums, b.Dx(), k, end-y*k) {
				isTranslucent.Store(true)
				return
			}
		}
	})
	return out, !isTranslucent.Load()
}

// columnSums holds the sums of the bytes of two neighbouring columns of pixels, in 16 bits each: red and blue of the
// left one and of the right one, and likewise green and alpha.
type columnSums struct{ redBlue, greenAlpha uint64 }

// addRow adds a row of pixels, one byte each of red, green, blue and alpha.
func addRow(sums []columnSums, row []byte) {
	const every = 0x00ff00ff_00ff00ff // second byte
	for i := range len(row) / 8 {
		two := binary.LittleEndian.Uint64(row[8*i:])
		sums[i].redBlue += two & every
		sums[i].greenAlpha += two >> 8 & every
	}
	if rest := row[len(row)/8*8:]; len(rest) > 0 {
		one := uint64(binary.LittleEndian.Uint32(rest))
		last := &sums[len(sums)-1]
		last.redBlue += one & every
		last.greenAlpha += one >> 8 & every
	}
}

// meanBlocks writes the means of a row of blocks. Blocks are k pixels wide and high pixels high; the last one is as
// wide as the picture's width w leaves. It returns false if a pixel is not opaque.
func meanBlocks(pix []byte, sums []columnSums, w, k, high int) bool {
	n := len(pix) / 4
	for i := range n {
		to := (i + 1) * k
		if i == n-1 {
			to = w
		}
		var r, g, b, a uint64
		for x := i * k; x < to; x++ {
			shift := x % 2 * 32
			s := sums[x/2]
			r += s.redBlue >> shift & 0xffff
			g += s.greenAlpha >> shift & 0xffff
			b += s.redBlue >> shift >> 16 & 0xffff
			a += s.greenAlpha >> shift >> 16 & 0xffff
		}
		cells := uint64((to - i*k) * high)
		if a != 255*cells {
			return false
		}
		mean := func(sum uint64) byte { return byte((sum + cells/2) / cells) }
		pix[4*i], pix[4*i+1], pix[4*i+2], pix[4*i+3] = mean(r), mean(g), mean(b), 255
	}
	return true
}

// rows8 returns a function that returns a row of a picture, with one byte each of red, green, blue and alpha. The row
// lies in the buffer or in the picture itself. It returns nil if the picture has more than 8 bits a channel.
func rows8(img image.Image) (row func(y int, buffer []byte) []byte) {
	b := img.Bounds()
	plain := func(pix []byte, stride int) func(int, []byte) []byte {
		return func(y int, _ []byte) []byte { return pix[y*stride : y*stride+4*b.Dx()] }
	}
	switch img := img.(type) {
	case *image.NRGBA:
		return plain(img.Pix, img.Stride)
	case *image.RGBA:
		return plain(img.Pix, img.Stride)
	case *image.Gray, *image.YCbCr, *image.CMYK:
		return func(y int, buffer []byte) []byte {
			line := &image.RGBA{Pix: buffer, Stride: len(buffer), Rect: image.Rect(0, 0, b.Dx(), 1)}
			draw.Draw(line, line.Rect, img, image.Pt(b.Min.X, b.Min.Y+y), draw.Src)
			return buffer
		}
	}
	return nil
}

// replacePicture returns a result with its picture, and so its frame, at another size.
func replacePicture(r *heatmap.Result, small *image.NRGBA) *heatmap.Result {
	w, h := small.Rect.Dx(), small.Rect.Dy()
	t := *r
	t.Picture = small
	sx, sy := float64(w)/float64(r.Frame.PictureW), float64(h)/float64(r.Frame.PictureH)
	t.Frame.PictureW, t.Frame.PictureH = w, h
	t.Frame.X0, t.Frame.Y0 = r.Frame.X0*sx, r.Frame.Y0*sy
	t.Frame.ScaleX, t.Frame.ScaleY = r.Frame.ScaleX*sx, r.Frame.ScaleY*sy
	return &t
}

// moveBox returns a map whose box is moved to its place in the result's picture at w x h pixels.
func moveBox(r *heatmap.Result, m *heatmap.Map, w, h int) *heatmap.Map {
	t := *m
	sx, sy := float64(w)/float64(r.Frame.PictureW), float64(h)/float64(r.Frame.PictureH)
	t.Box = heatmap.Box{m.Box[0] * sx, m.Box[1] * sy, m.Box[2] * sx, m.Box[3] * sy}
	return &t
}

// overlaid returns the picture of [Overlay] at a size in pixels. If that is smaller than the picture, the picture is
// shrunk before the map is drawn on it, so the cost depends on the size of the figure and not of the picture.
//
// small is the picture at that size, or nil if there is none.
func overlaid(r *heatmap.Result, m *heatmap.Map, o *Options, small *image.NRGBA, size image.Point) *image.NRGBA {
	if r.Picture == nil || size.X > r.Picture.Bounds().Dx() {
		big := Overlay(r, m, o)
		if big.Rect.Size() == size {
			return big
		}
		c := newCanvas(size.X, size.Y)
		c.picture(big, c.Bounds())
		return c.NRGBA
	}
	return Overlay(replacePicture(r, small), moveBox(r, m, size.X, size.Y), o)
}
