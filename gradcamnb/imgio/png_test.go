package imgio

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"testing"
)

// A PNG whose orientation stands in ImageMagick's text is turned upright, by the chunk eXIf if there are both. The
// stored picture is white on the left and black on the right; orientation 6 puts its left side at the top, 8 at the
// bottom.
func TestOrientationInTextOfPNG(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	img.Set(0, 0, color.White)
	img.Set(1, 0, color.Black)
	plain := encoded(t, img)
	tiff := func(orientation uint16) []byte {
		head := append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), byte(orientation>>8),
			byte(orientation))
		return append(head, 0, 0, 0, 0, 0, 0)
	}
	chunk := func(kind string, body []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		out = append(append(out, kind...), body...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	text := func(orientation uint16) string {
		block := append([]byte("Exif\x00\x00"), tiff(orientation)...)
		return fmt.Sprintf("\nexif\n%8d\n%x\n%x\n", len(block), block[:10], block[10:])
	}
	packed := func(s string) string {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.String()
	}
	const key = "Raw profile type exif\x00"
	for name, c := range map[string]struct {
		chunks [][]byte
		turned bool // it is 1 x 2 pixels
		top    uint8
	}{
		"text":       {[][]byte{chunk("tEXt", []byte(key+text(6)))}, true, 255},
		"compressed": {[][]byte{chunk("zTXt", []byte(key+"\x00"+packed(text(8))))}, true, 0},
		"two, the later counts": {[][]byte{chunk("zTXt", []byte(key+"\x00"+packed(text(8)))),
			chunk("tEXt", []byte(key+text(6)))}, true, 255},
		"two, the later damaged": {[][]byte{chunk("tEXt", []byte(key+text(6))),
			chunk("zTXt", []byte(key+"\x00"+packed(text(6))[:20]))}, false, 255},
		"eXIf before":            {[][]byte{chunk("eXIf", tiff(8)), chunk("tEXt", []byte(key+text(6)))}, true, 0},
		"eXIf behind":            {[][]byte{chunk("tEXt", []byte(key+text(6))), chunk("eXIf", tiff(8))}, true, 0},
		"another text":           {[][]byte{chunk("tEXt", []byte("Comment\x00"+text(6)))}, false, 255},
		"no hexadecimal":         {[][]byte{chunk("tEXt", []byte(key+"\nexif\n 4\nxyz\n"))}, false, 255},
		"nothing":                {[][]byte{chunk("tEXt", []byte(key))}, false, 255},
		"compressed, of nothing": {[][]byte{chunk("zTXt", []byte(key))}, false, 255},
		"compressed, damaged":    {[][]byte{chunk("zTXt", []byte(key+"\x00"+packed(text(6))[:20]))}, false, 255},
	} {
		const header = 8 + 25 // the signature and the first chunk
		data := append(bytes.Clone(plain[:header]), bytes.Join(c.chunks, nil)...)
		got, err := Decode(append(data, plain[header:]...), "a.png")
		if err != nil {
			t.Fatal(name, err)
		}
		first, _, _, _ := got.At(0, 0).RGBA()
		if turned := got.Bounds().Dy() == 2; turned != c.turned || uint8(first>>8) != c.top {
			t.Errorf("%s: %v, the first pixel has %d", name, got.Bounds(), first>>8)
		}
	}
}
