package render

import (
	"image"
	"maps"
	"testing"
)

// What is written is read, and what is damaged is not.
func TestTexts(t *testing.T) {
	want := map[string]string{"Title": "Äpfel & <b>", "gradcam:layer": "a/b", "gradcam:recipe": `{"x": 1}`}
	data, err := EncodePNG(image.NewNRGBA(image.Rect(0, 0, 3, 2)), want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadTexts(data); err != nil || !maps.Equal(got, want) {
		t.Errorf("read %q, %v", got, err)
	}
	for i := range data {
		if got, err := ReadTexts(data[:i]); err == nil {
			t.Errorf("of the first %d bytes it reads %q", i, got)
		}
		broken := append([]byte{}, data...)
		broken[i] ^= 0x55
		if got, err := ReadTexts(broken); err == nil {
			t.Errorf("with another byte %d it reads %q", i, got)
		}
	}
}

// The fingerprint is of what is seen, not of how it is kept.
func TestFingerprint(t *testing.T) {
	a := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	for i := range a.Pix {
		a.Pix[i] = uint8(i * 5)
		if i%4 == 3 {
			a.Pix[i] = 255
		}
	}
	moved := &image.NRGBA{Pix: a.Pix, Stride: a.Stride, Rect: a.Rect.Add(image.Pt(7, 9))}
	part := a.SubImage(image.Rect(1, 1, 3, 3))
	if Fingerprint(a) != Fingerprint(moved) || Fingerprint(a) == Fingerprint(part) {
		t.Error("the fingerprint sees the wrong thing")
	}
}
