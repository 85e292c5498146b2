package imgio

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func encoded(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// One pixel of every kind of PNG, by hand: what is stored and what is read.
func TestDecodeKindsOfPNG(t *testing.T) {
	pixel := image.Rect(0, 0, 1, 1)
	palette := image.NewPaletted(pixel, color.Palette{color.RGBA{10, 20, 30, 255}, color.RGBA{40, 50, 60, 255}})
	palette.SetColorIndex(0, 0, 1)
	grey := image.NewGray(pixel)
	grey.SetGray(0, 0, color.Gray{77})
	grey16 := image.NewGray16(pixel)
	grey16.SetGray16(0, 0, color.Gray16{0x8123})
	deep := image.NewNRGBA64(pixel)
	deep.SetNRGBA64(0, 0, color.NRGBA64{0x1234, 0x5678, 0x9abc, 0xffff})
	half := image.NewNRGBA(pixel)
	half.SetNRGBA(0, 0, color.NRGBA{255, 0, 0, 51}) // a fifth of red over white
	hidden := image.NewNRGBA(pixel)
	hidden.SetNRGBA(0, 0, color.NRGBA{9, 9, 9, 0})
	for name, c := range map[string]struct {
		img  image.Image
		want color.NRGBA
	}{
		"palette":     {palette, color.NRGBA{40, 50, 60, 255}},
		"grey":        {grey, color.NRGBA{77, 77, 77, 255}},
		"16-bit grey": {grey16, color.NRGBA{0x81, 0x81, 0x81, 255}},
		"16-bit":      {deep, color.NRGBA{0x12, 0x56, 0x9a, 255}},
		"half clear":  {half, color.NRGBA{255, 204, 204, 255}},
		"clear":       {hidden, color.NRGBA{255, 255, 255, 255}},
	} {
		img, err := Decode(encoded(t, c.img), name)
		if err != nil {
			t.Fatal(err)
		}
		if got := img.(*image.NRGBA).NRGBAAt(0, 0); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// withOrientation puts an EXIF segment after a JPEG's start marker.
func withOrientation(jpg []byte, order binary.AppendByteOrder, o uint16) []byte {
	tiff := []byte("II")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM")
	}
	tiff = order.AppendUint16(tiff, 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)      // one entry:
	tiff = order.AppendUint16(tiff, 0x0112) // orientation,
	tiff = order.AppendUint16(tiff, 3)      // a short,
	tiff = order.AppendUint32(tiff, 1)      // one of them
	tiff = order.AppendUint16(tiff, o)
	body := append([]byte("Exif\x00\x00"), append(tiff, 0, 0)...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return slices.Concat(jpg[:2], segment, body, jpg[2:])
}

// The eight orientations of the picture
//
//	A B     red   green
//	C D  =  blue  white
//	E F     black grey
//
// stored as it is: what stands in the upright picture's corners, worked by hand
// from the EXIF table (1 as stored, 2 mirrored, 3 turned by 180, 4 upside down,
// 5 transposed, 6 turned right, 7 transposed the other way, 8 turned left).
func TestOrientations(t *testing.T) {
	const block = 16 // JPEG needs room to keep colours apart
	cells := map[byte]color.NRGBA{
		'A': {255, 0, 0, 255}, 'B': {0, 255, 0, 255}, 'C': {0, 0, 255, 255},
		'D': {255, 255, 255, 255}, 'E': {0, 0, 0, 255}, 'F': {128, 128, 128, 255},
	}
	stored := image.NewNRGBA(image.Rect(0, 0, 2*block, 3*block))
	for i, cell := range []byte("ABCDEF") {
		for p := range block * block {
			stored.SetNRGBA(i%2*block+p%block, i/2*block+p/block, cells[cell])
		}
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, stored, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	for o, want := range map[uint16]string{
		1: "AB CD EF", 2: "BA DC FE", 3: "FE DC BA", 4: "EF CD AB",
		5: "ACE BDF", 6: "ECA FDB", 7: "FDB ECA", 8: "BDF ACE",
		0: "AB CD EF", 9: "AB CD EF", // not orientations
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			img, err := Decode(withOrientation(jpg.Bytes(), order, o), "picture")
			if err != nil {
				t.Fatal(err)
			}
			for y, row := range strings.Fields(want) {
				for x := range row {
					got := img.(*image.NRGBA).NRGBAAt(x*block+block/2, y*block+block/2)
					if w := cells[row[x]]; far(got.R, w.R) || far(got.G, w.G) || far(got.B, w.B) {
						t.Errorf("orientation %d: cell (%d, %d) is %v, want %c %v", o, x, y, got, row[x], w)
					}
				}
			}
		}
	}
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 40 }

// A damaged EXIF segment is no reason to refuse a picture, or to panic.
func TestDamagedEXIF(t *testing.T) {
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	whole := withOrientation(jpg.Bytes(), binary.LittleEndian, 6)
	exif := len(whole) - jpg.Len()
	for cut := 1; cut < exif-4; cut++ { // shorter and shorter bodies of the segment
		body := whole[6 : 2+exif-cut]
		segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
		data := slices.Concat(jpg.Bytes()[:2], segment, body, jpg.Bytes()[2:])
		if _, err := Decode(data, "picture"); err != nil {
			t.Fatalf("cut by %d: %v", cut, err)
		}
	}
}

// bomb is a PNG whose header promises 20,000 x 20,000 pixels.
func bomb() []byte {
	chunk := func(kind string, body []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		out = append(append(out, kind...), body...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	header := binary.BigEndian.AppendUint32(nil, 20000)
	header = append(binary.BigEndian.AppendUint32(header, 20000), 8, 2, 0, 0, 0)
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	_ = z.Close() // into memory
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", header), chunk("IDAT", data.Bytes()),
		chunk("IEND", nil))
}

func TestWhatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	whole := encoded(t, image.NewNRGBA(image.Rect(0, 0, 50, 50)))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"truncated.png": {whole[:len(whole)-30], "is damaged"},
		"header.png":    {whole[:12], "is damaged"},
		"text.png":      {[]byte("these are words"), "not a picture of a known format (PNG, JPEG"},
		"empty.png":     {nil, "not a picture"},
		"huge.png":      {bomb(), "20000 x 20000 pixels, and at most 100 million"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	t.Chdir(dir)
	for path, want := range map[string]string{
		"trunkated.png": filepath.Join(dir, "trunkated.png") + ": no such file or directory, did you mean \"truncated.png\"?",
		"none/x.png":    filepath.Join(dir, "none", "x.png") + `: no such file or directory; there is no folder "none"`,
		"~/x.png":       "no such file or directory; ~ is not read as the home folder: write its path",
		"*.tga":         "no such file or directory; imgio.OpenEach reads the pictures of a pattern",
	} {
		if _, err := Open(path); err == nil || !strings.HasSuffix(err.Error(), want) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a missing file: error %v, want %q", err, want)
		}
	}
}

// Whatever the bytes are, there is a picture within the limits or an error, and no panic. More seeds are the pictures
// in testdata. A longer run: go test ./gradcamnb/imgio -fuzz FuzzDecode -fuzztime 10m
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "pictures", "*.*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && filepath.Ext(file) != ".py" {
			f.Add(data)
		}
	}
	f.Add(bomb())
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width > 1<<20/max(1, c.Height) {
			t.Skip("large pictures are slow")
		}
		img, err := Decode(data, "fuzz")
		if err != nil {
			return
		}
		p := Prep{Width: 7, Height: 5, Fit: Crop, Scale: plain, Order: "RGB"}
		if values, _, err := p.Tensor(img, ChannelsLast); err != nil || len(values) != 7*5*3 {
			t.Errorf("%d values, %v", len(values), err)
		}
	})
}

// A picture at an address is no missing file.
func TestOpenAddress(t *testing.T) {
	for path, want := range map[string]string{
		"https://example.org/cat.png": "is an address, but pictures are read from files: download it first",
		"no/such://cat.png":           "no such file",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
