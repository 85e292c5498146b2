package opaque

import (
	"image"
	"testing"
)

// Wherever the one translucent pixel of a picture lies, it is found, and one outside a part of the picture is not.
func TestIs(t *testing.T) {
	for w := range 6 {
		for h := range 5 {
			p := image.NewNRGBA(image.Rect(2, 3, 2+w, 3+h))
			for i := range p.Pix {
				p.Pix[i] = 255
			}
			if !Is(p) {
				t.Fatalf("%d x %d white pixels are not opaque", w, h)
			}
			for i := 3; i < len(p.Pix); i += 4 {
				p.Pix[i] = 254
				if Is(p) {
					t.Errorf("of %d x %d pixels, number %d is not opaque", w, h, i/4)
				}
				p.Pix[i] = 255
			}
		}
	}
	p := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range p.Pix {
		p.Pix[i] = 255
	}
	p.Pix[4*3+4*2+3] = 0 // the last one
	if part := p.SubImage(image.Rect(0, 0, 2, 2)).(*image.NRGBA); !Is(part) {
		t.Error("a part counts a pixel that it does not have")
	}
}
