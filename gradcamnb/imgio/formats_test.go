package imgio

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func pictures(name string) string { return filepath.Join("..", "..", "testdata", "pictures", name) }

// Four quarters, stored in each of the eight orientations and formats, are upright
// (testdata/pictures/make.py; Pillow's exif_transpose agrees there).
func TestUprightInEveryFormat(t *testing.T) {
	quarters := [4]color.NRGBA{{200, 20, 20, 255}, {20, 200, 20, 255}, {20, 20, 200, 255}, {180, 180, 40, 255}}
	for _, kind := range []string{"png", "webp", "tif"} {
		for o := 1; o <= 8; o++ {
			img, err := Open(pictures(fmt.Sprintf("orientation-%d.%s", o, kind)))
			if err != nil {
				t.Fatal(err)
			}
			if img.Bounds() != image.Rect(0, 0, 16, 8) {
				t.Errorf("%s, orientation %d: %v", kind, o, img.Bounds())
				continue
			}
			for q, want := range quarters {
				if got := img.(*image.NRGBA).NRGBAAt(q%2*8+3, q/2*4+1); got != want {
					t.Errorf("%s, orientation %d: quarter %d is %v, want %v", kind, o, q, got, want)
				}
			}
		}
	}
}

// Four quarters of which only an XMP packet says how they lie are upright, too. EXIF goes before it
// (testdata/pictures/make.py; Pillow's exif_transpose agrees with both).
func TestUprightByXMP(t *testing.T) {
	quarters := [4]color.NRGBA{{200, 20, 20, 255}, {20, 200, 20, 255}, {20, 20, 200, 255}, {180, 180, 40, 255}}
	for _, kind := range []string{"png", "webp", "tif", "jpg"} {
		img, err := Open(pictures("xmp." + kind))
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds() != image.Rect(0, 0, 16, 8) {
			t.Errorf("%s: %v", kind, img.Bounds())
			continue
		}
		for q, want := range quarters {
			got := img.(*image.NRGBA).NRGBAAt(q%2*8+3, q/2*4+1)
			far := max(got.R, want.R)-min(got.R, want.R) > 2 || max(got.G, want.G)-min(got.G, want.G) > 2
			if far || max(got.B, want.B)-min(got.B, want.B) > 2 {
				t.Errorf("%s: quarter %d is %v, want %v", kind, q, got, want)
			}
		}
	}
}

// A fax of a bar: black on white if 0 is black, and the other way round if it is white.
func TestFax(t *testing.T) {
	for name, bar := range map[string]uint8{"fax-0-is-black.tif": 0, "fax-0-is-white.tif": 255} {
		img, err := Open(pictures(name))
		if err != nil {
			t.Fatal(err)
		}
		if in, out := img.(*image.NRGBA).NRGBAAt(5, 1).R, img.(*image.NRGBA).NRGBAAt(5, 2).R; in != bar || out != 255-bar {
			t.Errorf("%s: the bar is %d and the rest %d", name, in, out)
		}
	}
}

// What is not read is named, and not called damaged.
func TestKindsThatAreNotRead(t *testing.T) {
	for name, want := range map[string]string{
		"animated.webp": "is an animated WebP picture",
		"cmyk.tif":      "is of a kind that is not read",
		"tiny.avif":     "is an AVIF picture",
		"tiny.jp2":      "is a JPEG 2000 picture",
	} {
		_, err := Open(pictures(name))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	for data, want := range map[string]string{
		"version https://git-lfs.github.com/spec/v1\n": "a pointer of Git LFS",
		"\x00\x00\x00\x18ftypheic":                     "is a HEIC picture",
		"%PDF-1.7":                                     "is a PDF document",
	} {
		if _, err := Decode([]byte(data), "it"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", data, err, want)
		}
	}
}

// A header of 1 x 1 pixels before a lossless picture of 16383 x 16383 is found out before the
// pixels get room: decoding them takes 1 GB.
func TestWebPOfTwoSizes(t *testing.T) {
	whole, err := os.ReadFile(pictures("orientation-1.webp"))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, []byte("VP8L"))
	if at < 0 {
		t.Fatal("the picture has no VP8L")
	}
	copy(whole[at+9:], []byte{0xfe, 0xbf, 0xff, 0x0f}) // 14 bits of 16382 each
	if _, err := Decode(whole, "it"); err == nil || !strings.Contains(err.Error(), "size in its header") {
		t.Errorf("error %v", err)
	}
}

// The first picture of an animation may cover a part of it only: the rest is white.
func TestGIFOfPart(t *testing.T) {
	frame := image.NewPaletted(image.Rect(2, 1, 3, 2), color.Palette{color.Black, color.White})
	var data bytes.Buffer
	err := gif.EncodeAll(&data, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0},
		Config: image.Config{Width: 4, Height: 3}})
	if err != nil {
		t.Fatal(err)
	}
	img, err := Decode(data.Bytes(), "it")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		want := uint8(255)
		if i == 1*4+2 {
			want = 0
		}
		if got := img.(*image.NRGBA).NRGBAAt(i%4, i/4).R; img.Bounds() != image.Rect(0, 0, 4, 3) || got != want {
			t.Errorf("pixel %d of %v is %d, want %d", i, img.Bounds(), got, want)
		}
	}
}

// A picture of 1 x 500,000 pixels, of which a crop sees 32 x 16,000,000, costs no more than a copy and what is
// seen.
func TestThinPicture(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1, 500_000))
	p := Prep{Width: 32, Height: 32, Fit: Crop, Scale: plain, Order: "RGB"}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, f, err := p.Tensor(img, ChannelsFirst); err != nil || f.Seen().Dy() != 1 && f.Seen().Dy() != 2 {
		t.Errorf("the model saw %v, %v", f.Seen(), err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("it took %d bytes", took)
	}
}
