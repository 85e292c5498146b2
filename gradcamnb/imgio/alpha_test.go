package imgio

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"slices"
	"testing"
)

// A pixel (200, 100, 50) of alpha 102, two fifths, is (233, 193, 173) over white, as 255 - 2/5 (255 - v) says, and
// itself to a model of four channels.
func TestAlphaOfAFile(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 102})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	read, err := Decode(b.Bytes(), "a.png")
	if err != nil {
		t.Fatal(err)
	}
	p := Prep{Width: 1, Height: 1, Fit: Stretch, Scale: [3]float32{1, 1, 1}}
	for order, want := range map[string][]float32{"RGB": {233, 193, 173}, "RGBA": {200, 100, 50, 102}} {
		p.Order = order
		got, _, err := p.Tensor(read, ChannelsFirst)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", order, got, err, want)
		}
		if got, _, err := p.Part(read, image.Rect(0, 0, 1, 1), ChannelsFirst); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s, a box of it: %v, %v, want %v", order, got, err, want)
		}
	}
}
