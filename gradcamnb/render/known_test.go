package render

import (
	"image/color"
	"testing"
)

// The colours of matplotlib 3.11.2 at 0, 64, 128, 192 and 255 of 255.
func TestKnownColorMaps(t *testing.T) {
	for name, want := range map[string][5]uint32{
		"viridis": {0x440154, 0x3b528b, 0x21918c, 0x5ec962, 0xfde725}, "plasma": {0x0d0887, 0x7e03a8, 0xcc4778, 0xf89540,
			0xf0f921},
		"inferno": {0x000004, 0x57106e, 0xbc3754, 0xf98e09, 0xfcffa4}, "Magma": {0x000004, 0x51127c, 0xb73779, 0xfc8961,
			0xfcfdbf},
		"cividis": {0x00224e, 0x434e6c, 0x7d7c78, 0xbcae6c, 0xfee838}, "turbo": {0x30123b, 0x28bceb, 0xa4fc3c, 0xfb7e21,
			0x7a0403},
	} {
		m, err := ColorMapByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, at := range []float64{0, 64, 128, 192, 255} {
			got := m.At(at / 255)
			w := color.NRGBA{uint8(want[i] >> 16), uint8(want[i] >> 8), uint8(want[i]), 255}
			far := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
			if d := max(far(got.R, w.R), far(got.G, w.G), far(got.B, w.B)); d > 3 {
				t.Errorf("%s at %g/255 is %v, matplotlib has %v", name, at, got, w)
			}
		}
	}
}
