package render

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/draw"
)

// Fingerprint returns a text that differs for pictures that look different. It is the SHA-256, in hex, of width and
// height, 4 bytes each, big endian, and of the pixels, row by row, as one byte each of red, green, blue and alpha, not
// premultiplied.
func Fingerprint(img image.Image) string {
	b := img.Bounds()
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(b.Dx())), uint32(b.Dy())))
	plain, isPlain := img.(*image.NRGBA)
	const rows = 16 // at once, so that no copy of the picture is made
	strip := image.NewNRGBA(image.Rect(0, 0, b.Dx(), rows))
	for y := b.Min.Y; y < b.Max.Y; y += rows {
		n := min(rows, b.Max.Y-y)
		if isPlain && plain.Stride == 4*b.Dx() {
			at := plain.PixOffset(b.Min.X, y)
			h.Write(plain.Pix[at : at+n*plain.Stride])
			continue
		}
		draw.Draw(strip, image.Rect(0, 0, b.Dx(), n), img, image.Pt(b.Min.X, y), draw.Src)
		h.Write(strip.Pix[:n*strip.Stride])
	}
	return hex.EncodeToString(h.Sum(nil))
}
