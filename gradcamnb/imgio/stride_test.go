package imgio

import (
	"image"
	"image/color"
	"slices"
	"testing"
)

// A picture of 500 x 333 pixels is scaled by 1.28 to 640 x 426. Of the 214 spare rows 22 are left after whole strides
// of 32, 11 above and 11 below; one of 640 x 480 needs no bars.
func TestRectangle(t *testing.T) {
	p := Prep{Width: 640, Height: 640, Fit: Letterbox, At: Ultralytics, Pad: 114, Stride: 32,
		Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ w, h, width, height, top int }{
		{500, 333, 640, 448, 11}, {640, 480, 640, 480, 0}, {333, 500, 448, 640, 0},
	} {
		values, f, err := p.Tensor(image.NewNRGBA(image.Rect(0, 0, c.w, c.h)), ChannelsFirst)
		if err != nil || f.ModelW != c.width || f.ModelH != c.height || len(values) != 3*c.width*c.height {
			t.Fatalf("%d x %d becomes %d x %d with %d values, want %d x %d; %v", c.w, c.h, f.ModelW, f.ModelH, len(values), c.width, c.height, err)
		}
		if _, y := f.ToModel(0, 0); y != float64(c.top) {
			t.Errorf("%d x %d: the picture begins in row %g, want %d", c.w, c.h, y, c.top)
		}
		bars := 0
		for _, v := range values[:c.width*c.height] {
			if v == 114 {
				bars++
			}
		}
		if want := c.width*c.height - min(c.w*c.h*2, 640*426); c.w != 640 && bars != want || c.w == 640 && bars != 0 {
			t.Errorf("%d x %d: %d pixels of bars, want %d", c.w, c.h, bars, want)
		}
	}
}

// A shorter side of 480 is scaled to 800, the longer one to 1066.67, which mmcv rounds to 1067 and transformers to
// 1066; bars of zeros reach from there to 1088. A picture that fits has none.
func TestEdgesWithBars(t *testing.T) {
	p := Prep{Fit: Edges, Resize: 800, Longest: 1333, RoundSides: true, Stride: 32, ZeroBars: true,
		Mean: [3]float32{100, 100, 100}, Scale: [3]float32{2, 2, 2}, Order: "RGB"}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	grey := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	for i := range 640 * 480 {
		grey.Set(i%640, i/640, color.Gray{50})
	}
	for _, layout := range []Layout{ChannelsFirst, ChannelsLast} {
		values, f, err := p.Tensor(grey, layout)
		if err != nil || f.ModelW != 1088 || f.ModelH != 800 {
			t.Fatalf("%d x %d, %v", f.ModelW, f.ModelH, err)
		}
		pixel := func(x, y int) []float32 {
			if layout == ChannelsLast {
				return values[3*(1088*y+x) : 3*(1088*y+x)+3]
			}
			return []float32{values[1088*y+x], values[1088*(800+y)+x], values[1088*(1600+y)+x]}
		}
		if got := pixel(1066, 799); !slices.Equal(got, []float32{-25, -25, -25}) {
			t.Errorf("%s: the last pixel of the picture is %v, want -25", layout, got)
		}
		if got := pixel(1067, 0); !slices.Equal(got, []float32{0, 0, 0}) {
			t.Errorf("%s: the bar is %v, want 0", layout, got)
		}
		if x, y := f.ToPicture(1067, 800); x != 640 || y != 480 {
			t.Errorf("%s: the picture's corner comes back to (%g, %g)", layout, x, y)
		}
	}
	if fits, err := p.ForSize(960, 800); err != nil || fits.Fit != Stretch || fits.Width != 960 || fits.Height != 800 {
		t.Errorf("a picture that fits becomes %+v", fits)
	}
	p.Fit, p.Width, p.Height = Stretch, 8, 8
	if err := p.Validate(); err == nil {
		t.Error("a stride of a stretched picture is taken")
	}
}

// In the corner 500 x 333 pixels times 1.28 are 640 x 426.24, of which 426 rows are kept. With whole strides as without
// the frame leads back by 1.28, the end of the picture's rows to 426 / 1.28 = 332.8125.
func TestCornerDownWithStrides(t *testing.T) {
	p := Prep{Width: 640, Height: 640, Fit: Letterbox, At: CornerDown, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	for stride, height := range map[int]int{0: 640, 32: 448} {
		p.Stride = stride
		_, f, err := p.Tensor(image.NewNRGBA(image.Rect(0, 0, 500, 333)), ChannelsFirst)
		if err != nil || f.ModelW != 640 || f.ModelH != height {
			t.Fatalf("stride %d: %d x %d, want 640 x %d; %v", stride, f.ModelW, f.ModelH, height, err)
		}
		if x, y := f.ToPicture(640, 426); x != 500 || y != 332.8125 {
			t.Errorf("stride %d: (640, 426) comes back to (%g, %g), want (500, 332.8125)", stride, x, y)
		}
	}
}
