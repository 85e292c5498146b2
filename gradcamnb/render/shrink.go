package render

import (
	"image"
	"image/draw"

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
	if k > 1 {
		if blocks, ok := averageBlocks(img, k); ok {
			img = blocks
		}
	}
	c := newCanvas(w, h)
	c.picture(img, c.Bounds())
	return c.NRGBA
}

// averageBlocks returns the mean colour of every block of k x k pixels. The fewer than k pixels that are left over at
// the right and at the bottom go to the last blocks. It returns false unless the picture is opaque with 8 bits a
// channel.
func averageBlocks(img image.Image, k int) (*image.NRGBA, bool) {
	row, ok := opaqueRows(img)
	if !ok {
		return nil, false
	}
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx()/k, b.Dy()/k))
	strips.Each(out.Rect.Dy(), func(top, bottom int) {
		buffer := make([]byte, 4*b.Dx())
		sums := make([]uint32, 3*out.Rect.Dx())
		for y := top; y < bottom; y++ {
			clear(sums)
			end := (y + 1) * k
			if y == out.Rect.Dy()-1 {
				end = b.Dy()
			}
			for v := y * k; v < end; v++ {
				addBlocks(sums, row(v, buffer), k)
			}
			meanBlocks(out.Pix[y*out.Stride:], sums, b.Dx(), k, end-y*k)
		}
	})
	return out, true
}

// addBlocks adds a row of pixels to the sums of their blocks. A pixel is one byte each of red, green, blue and alpha.
func addBlocks(sums []uint32, row []byte, k int) {
	last := len(sums)/3 - 1
	for i := 0; i <= last; i++ {
		to := (i + 1) * k
		if i == last {
			to = len(row) / 4
		}
		var r, g, b uint32
		for part := row[4*i*k : 4*to]; len(part) >= 4; part = part[4:] {
			r, g, b = r+uint32(part[0]), g+uint32(part[1]), b+uint32(part[2])
		}
		sums[3*i], sums[3*i+1], sums[3*i+2] = sums[3*i]+r, sums[3*i+1]+g, sums[3*i+2]+b
	}
}

// meanBlocks writes the means of a row of blocks. Blocks are k pixels wide and high pixels high; the last one is as
// wide as the picture's width w leaves.
func meanBlocks(pix []byte, sums []uint32, w, k, high int) {
	n := len(sums) / 3
	for i := range n {
		wide := k
		if i == n-1 {
			wide = w - i*k
		}
		cells := uint32(wide * high)
		for c := range 3 {
			pix[4*i+c] = byte((sums[3*i+c] + cells/2) / cells)
		}
		pix[4*i+3] = 255
	}
}

// opaqueRows returns a function that returns a row of a picture, with one byte each of red, green, blue and alpha. The
// row lies in the buffer or in the picture itself. ok is false if the picture may be translucent or has more than 8
// bits a channel.
func opaqueRows(img image.Image) (row func(y int, buffer []byte) []byte, ok bool) {
	b := img.Bounds()
	plain := func(pix []byte, stride int) func(int, []byte) []byte {
		return func(y int, _ []byte) []byte { return pix[y*stride : y*stride+4*b.Dx()] }
	}
	switch img := img.(type) {
	case *image.NRGBA:
		return plain(img.Pix, img.Stride), img.Opaque()
	case *image.RGBA:
		return plain(img.Pix, img.Stride), img.Opaque()
	case *image.Gray, *image.YCbCr, *image.CMYK:
		return func(y int, buffer []byte) []byte {
			line := &image.RGBA{Pix: buffer, Stride: len(buffer), Rect: image.Rect(0, 0, b.Dx(), 1)}
			draw.Draw(line, line.Rect, img, image.Pt(b.Min.X, b.Min.Y+y), draw.Src)
			return buffer
		}, true
	}
	return nil, false
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
