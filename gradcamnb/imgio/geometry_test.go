package imgio

import (
	"encoding/hex"
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mixed is the hash that testdata/geometry/make.py makes noise of.
func mixed(i uint32) uint32 {
	i *= 2654435761
	i ^= i >> 15
	i *= 2246822519
	return i ^ i>>13
}

// noise is a picture of which no pixel tells anything about its neighbours, so that a shift by a
// part of a pixel shows.
func noise(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		for c := range 3 {
			img.Pix[4*i+c] = uint8(mixed(uint32(3*i+c)) >> 24)
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// Pictures arrive as the field's libraries bring them (the versions are in make.py): 40 sizes of
// noise, most of them odd, by each library's resizing and cutting. A level of 255 is allowed,
// since some of them calculate in other fixed point numbers than PIL.
func TestGeometryAsLibraries(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "geometry", "*.json"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d libraries, %v", len(files), err)
	}
	for _, file := range files {
		library := strings.TrimSuffix(filepath.Base(file), ".json")
		var cases []struct {
			Picture [2]int
			Prep    Prep
			Pixels  string
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &cases); err != nil || len(cases) < 37 {
			t.Fatalf("%s: %d pictures, %v", library, len(cases), err)
		}
		far, worst := 0, 0
		for _, c := range cases {
			c.Prep.Scale, c.Prep.Order = plain, "RGB"
			got, _, err := c.Prep.Tensor(noise(c.Picture[0], c.Picture[1]), ChannelsLast)
			if err != nil {
				t.Fatal(err)
			}
			want, err := hex.DecodeString(c.Pixels)
			if err != nil || len(want) == 0 {
				t.Fatalf("the pixels %q: %v", c.Pixels, err)
			}
			off := 0
			for i, w := range want {
				where := mixed(uint32(i/3)+1000) % uint32(c.Prep.Width*c.Prep.Height)
				off = max(off, int(got[3*int(where)+i%3])-int(w), int(w)-int(got[3*int(where)+i%3]))
			}
			if off > 1 {
				far++
				t.Logf("%s: %v, %+v: off by %d", library, c.Picture, c.Prep, off)
			}
			worst = max(worst, off)
		}
		if far > 0 {
			t.Errorf("%s: %d of %d pictures are more than a level off, %d at most", library, far, len(cases), worst)
		}
		t.Logf("%s: %d pictures, %d level off at most", library, len(cases), worst)
	}
}
