package render

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/draw"
)

// Fingerprint tells pictures apart by what can be seen of them: the SHA-256, in hex, of
// width and height, 4 bytes each with the highest first, and the pixels, row by row, as
// red, green, blue and alpha of a byte each, not premultiplied.
func Fingerprint(img image.Image) string {
	b := img.Bounds()
	flat := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Bounds(), img, b.Min, draw.Src)
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(b.Dx())), uint32(b.Dy())))
	h.Write(flat.Pix)
	return hex.EncodeToString(h.Sum(nil))
}
