package imgio

import (
	"image"
	"strings"
	"testing"
)

// Sizes by transformers 5.24.0, get_size_with_aspect_ratio((height, width), shortest, longest).
func TestForSize(t *testing.T) {
	for _, c := range []struct{ w, h, resize, longest, width, height int }{
		{227, 150, 96, 133, 133, 88},
		{640, 480, 800, 1333, 1066, 800},
		{480, 640, 800, 1333, 800, 1066},
		{1000, 100, 800, 1333, 1333, 133},
		{500, 333, 0, 0, 500, 333},
		{640, 480, 480, 0, 640, 480},
	} {
		p := Prep{Fit: Edges, Resize: c.resize, Longest: c.longest, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		got, err := p.ForSize(c.w, c.h)
		if err != nil || got.Width != c.width || got.Height != c.height || got.Validate() != nil {
			t.Errorf("%d x %d: %d x %d, want %d x %d: %v", c.w, c.h, got.Width, got.Height, c.width, c.height, err)
		}
	}
}

// A size that is given is kept: both sides are scaled to it.
func TestEdgesOfAGivenSize(t *testing.T) {
	p := Prep{Width: 8, Height: 5, Fit: Edges, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	values, f, err := p.Tensor(pattern(11, 7), ChannelsFirst)
	if err != nil || len(values) != 3*8*5 || f.ModelW != 8 || f.ModelH != 5 {
		t.Errorf("%d values, %+v, %v", len(values), f, err)
	}
}

// A line of 20000 x 1 pixels whose shorter side becomes 800 would be 16,000,000 x 800. A side has at most 8192 pixels:
// 20000 x 1953 pixels at 800 make 8192 (800 * 20000 / 1953 = 8192.5), and a stride of 32 ends there too, but one of 100
// adds bars up to 8200.
func TestForSizeHasALimit(t *testing.T) {
	p := Prep{Fit: Edges, Resize: 800, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	_, _, err := p.Tensor(image.NewGray(image.Rect(0, 0, 20000, 1)), ChannelsFirst)
	const want = "a picture of 20000 x 1 pixels would make an input of 16000000 x 800, and a side has at most 8192"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
	for stride, width := range map[int]int{0: 8192, 32: 8192, 100: 0} {
		p.Stride = stride
		got, err := p.ForSize(20000, 1953)
		if (err == nil) != (width > 0) || width > 0 && got.Width != width {
			t.Errorf("stride %d: %d pixels wide, %v", stride, got.Width, err)
		}
	}
}
