package imgio

import "testing"

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
		if got := p.ForSize(c.w, c.h); got.Width != c.width || got.Height != c.height || got.Validate() != nil {
			t.Errorf("%d x %d: %d x %d, want %d x %d", c.w, c.h, got.Width, got.Height, c.width, c.height)
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
