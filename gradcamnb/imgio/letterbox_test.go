package imgio

import (
	"image"
	"image/color"
	"math"
	"testing"
)

// pattern is a picture whose red is (37 x + 91 y + 17 x y) mod 256.
func pattern(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{uint8((37*x + 91*y + 17*x*y) % 256), 0, 0, 255})
		}
	}
	return img
}

// A picture made smaller is as OpenCV 5.0.0 makes it: cv2.resize(p, (8, 5)).
func TestCV2(t *testing.T) {
	want := [5][8]float32{
		{26, 81, 137, 141, 197, 44, 52, 107},
		{157, 159, 181, 118, 101, 183, 108, 110},
		{34, 155, 36, 141, 86, 127, 136, 113},
		{146, 130, 121, 82, 166, 63, 105, 115},
		{83, 112, 161, 124, 134, 193, 75, 117},
	}
	p := Prep{Width: 8, Height: 5, Fit: Stretch, Filter: CV2, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	got, _, err := p.Tensor(pattern(11, 7), ChannelsFirst)
	if err != nil {
		t.Fatal(err)
	}
	for y, row := range want {
		for x, v := range row {
			if got[8*y+x] != v {
				t.Errorf("(%d, %d) is %g, and OpenCV's %g", x, y, got[8*y+x], v)
			}
		}
	}
}

// Pictures made smaller, and narrower and higher, are as OpenCV 5.0.0 makes them by INTER_CUBIC.
func TestCV2Cubic(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want [][]float32
	}{
		{11, 7, [][]float32{
			{19, 79, 137, 137, 222, 33, 45, 109}, {184, 162, 203, 106, 81, 206, 100, 109}, {30, 180, 30, 157, 77, 129, 139, 111},
			{165, 126, 129, 59, 201, 36, 110, 115}, {81, 109, 166, 120, 126, 201, 56, 118},
		}},
		{6, 5, [][]float32{
			{0, 41, 80, 138, 189}, {46, 111, 202, 106, 140}, {137, 190, 221, 136, 68}, {189, 206, 80, 214, 41},
			{61, 161, 93, 115, 160}, {46, 154, 114, 48, 176}, {125, 180, 115, 50, 105},
		}},
	} {
		p := Prep{Width: len(c.want[0]), Height: len(c.want), Fit: Stretch, Filter: CV2Cubic, Scale: [3]float32{1, 1, 1},
			Order: "RGB"}
		got, _, err := p.Tensor(pattern(c.w, c.h), ChannelsFirst)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range c.want {
			for x, v := range row {
				if got[p.Width*y+x] != v {
					t.Errorf("of %d x %d (%d, %d) is %g, and OpenCV's %g", c.w, c.h, x, y, got[p.Width*y+x], v)
				}
			}
		}
	}
}

// The first and the last row of a picture that is made higher are between one row and itself, whose two halves are
// rounded down each: cv2.resize(p, (5, 7)) of OpenCV 5.0.0.
func TestCV2Higher(t *testing.T) {
	want := [7][5]float32{
		{4, 48, 92, 137, 181},
		{57, 113, 169, 122, 134},
		{123, 171, 191, 133, 83},
		{189, 198, 104, 189, 44},
		{72, 150, 107, 116, 150},
		{65, 147, 111, 76, 157},
		{118, 167, 114, 61, 110},
	}
	p := Prep{Width: 5, Height: 7, Fit: Stretch, Filter: CV2, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	got, _, err := p.Tensor(pattern(6, 5), ChannelsFirst)
	if err != nil {
		t.Fatal(err)
	}
	for y, row := range want {
		for x, v := range row {
			if got[5*y+x] != v {
				t.Errorf("(%d, %d) is %g, and OpenCV's %g", x, y, got[5*y+x], v)
			}
		}
	}
}

// Where letterboxes put a picture of 451 x 300 in 320 x 320, with r = 320/451: Ultralytics
// takes round(300 r) = 213 rows from round((320 - 213) / 2 - 0.1) = 53 on.
func TestPlaces(t *testing.T) {
	for at, want := range map[Place]struct {
		y0    float64 // of the frame, in pixels of the picture
		first int     // row of the picture
		rows  int
	}{
		Ultralytics: {-53 * 300. / 213, 53, 213},
		Corner:      {0, 0, 213},
	} {
		img := image.NewNRGBA(image.Rect(0, 0, 451, 300))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		p := Prep{Width: 320, Height: 320, Fit: Letterbox, At: at, Filter: CV2, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
		values, f, err := p.Tensor(img, ChannelsFirst)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(f.Y0-want.y0) <= 1e-9) || f.X0 != 0 {
			t.Errorf("%q: the frame begins at (%g, %g), want (0, %g)", at, f.X0, f.Y0, want.y0)
		}
		first, rows := -1, 0
		for y := range 320 {
			if values[320*y] == 255 {
				if first < 0 {
					first = y
				}
				rows++
			}
		}
		if first != want.first || rows != want.rows {
			t.Errorf("%q: %d rows from %d on, want %d from %d", at, rows, first, want.rows, want.first)
		}
	}
}
