package study

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maskOf writes a mask of four pixels in a row and returns its path.
func maskOf(t *testing.T, pixels ...color.Color) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 4, 1))
	for x, c := range pixels {
		img.Set(x, 0, c)
	}
	path := filepath.Join(t.TempDir(), "mask.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A grey mask may hold numbers of classes, or light and dark. If it has several greys, the class must be named; 255
// beside other numbers is no class. In Pascal VOC's colours 1 is dark red, 15 a light brown, and 255 nearly white.
func TestMasksThatNeedAClass(t *testing.T) {
	greys := func(values ...uint8) (out []color.Color) {
		for _, v := range values {
			out = append(out, color.Gray{Y: v})
		}
		return out
	}
	voc := []color.Color{color.Black, color.NRGBA{128, 0, 0, 255}, color.NRGBA{192, 128, 128, 255},
		color.NRGBA{224, 224, 192, 255}}
	for name, c := range map[string]struct {
		pixels []color.Color
		class  string
		want   []float32
		err    string
	}{
		"numbers and void":             {greys(0, 1, 7, 255), "", nil, "several greys"},
		"one number and void":          {greys(0, 1, 1, 255), "", nil, "several greys"},
		"numbers above 127":            {greys(0, 1, 150, 130), "", nil, "several greys"},
		"a trimap":                     {greys(2, 1, 3, 2), "", nil, "several greys"},
		"a trimap's object":            {greys(2, 1, 3, 2), "1", []float32{0, 1, 0, 0}, ""},
		"a number above 127":           {greys(0, 1, 150, 130), "150", []float32{0, 0, 1, 0}, ""},
		"a number beside void":         {greys(0, 1, 7, 255), "7", []float32{0, 0, 1, 0}, ""},
		"white on black":               {greys(0, 255, 255, 0), "", []float32{0, 1, 1, 0}, ""},
		"nearly":                       {greys(3, 251, 255, 0), "", []float32{0, 1, 1, 0}, ""},
		"one number":                   {greys(0, 200, 200, 0), "", []float32{0, 1, 1, 0}, ""},
		"VOC's colours":                {voc, "", nil, "colours and no palette"},
		"a class in VOC's colours":     {voc, "15", []float32{0, 0, 1, 0}, ""},
		"another class in its colours": {voc, "1", []float32{0, 1, 0, 0}, ""},
		"colours of one's own": {[]color.Color{color.Black, color.NRGBA{255, 0, 0, 255}, color.Black, color.Black}, "1",
			nil, "255, 0, 0"},
	} {
		mask, err := Mask(maskOf(t, c.pixels...), c.class)
		if err != nil {
			t.Fatal(err)
		}
		got, err := mask(image.Rect(0, 0, 4, 1))
		switch {
		case c.err == "" && (err != nil || !slices.Equal(got.Values, c.want)):
			t.Errorf("%s: %v, %v, want %v", name, got.Values, err, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v, %v, want the error %q", name, got.Values, err, c.err)
		}
	}
}

// A mask of a format that changes greys a little has other greys at the edges of its object. A photo has them
// everywhere.
func TestMasksWithLoss(t *testing.T) {
	const side = 60
	for name, c := range map[string]struct {
		grey func(x, y int) uint8
		want int // pixels of the object; 0 if it is none
	}{"a square": {func(x, y int) uint8 {
		if x >= 13 && x < 41 && y >= 11 && y < 45 {
			return 255
		}
		return 0
	}, 28 * 34}, "a photo": {func(x, y int) uint8 { return uint8(4 * (x + y) / 2) }, 0}} {
		img := image.NewGray(image.Rect(0, 0, side, side))
		for i := range img.Pix {
			img.Pix[i] = c.grey(i%side, i/side)
		}
		var data bytes.Buffer
		if err := jpeg.Encode(&data, img, &jpeg.Options{Quality: 50}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "mask.jpg")
		write(t, path, data.Bytes())
		mask, err := Mask(path, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := mask(img.Rect)
		if c.want == 0 {
			wantError(t, name, err, "several greys")
			continue
		}
		n := 0
		for _, v := range got.Values {
			n += int(v)
		}
		if err != nil || n < c.want*98/100 || n > c.want*102/100 {
			t.Errorf("%s: %d pixels, %v, want %d", name, n, err, c.want)
		}
	}
}
