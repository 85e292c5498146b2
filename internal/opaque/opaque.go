// Package opaque tells whether every pixel of a picture is opaque. The image package's own way takes several times as
// long, which counts for a photo of many megapixels.
package opaque

import (
	"encoding/binary"
	"image"
	"sync/atomic"

	"github.com/gradcam-go/gradcam/internal/strips"
)

// Is tells whether every pixel of a picture is opaque. A picture without pixels is.
func Is(img *image.NRGBA) bool {
	var isTranslucent atomic.Bool
	w, h := img.Rect.Dx(), img.Rect.Dy()
	strips.Each(h, func(top, bottom int) {
		for y := top; y < bottom && !isTranslucent.Load(); y++ {
			if !isRow(img.Pix[y*img.Stride:][:4*w]) {
				isTranslucent.Store(true)
			}
		}
	})
	return !isTranslucent.Load()
}

// isRow tells whether every pixel of a row is opaque.
func isRow(row []byte) bool {
	const two = 0xff000000_ff000000 // the alphas of two pixels
	common := uint64(two)
	for ; len(row) >= 8; row = row[8:] {
		common &= binary.LittleEndian.Uint64(row)
	}
	return common == two && (len(row) == 0 || row[3] == 0xff)
}
