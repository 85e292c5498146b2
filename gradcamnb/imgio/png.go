package imgio

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
)

func init() { formats["png"] = format{exif: pngEXIF} }

// pngEXIF returns the chunk eXIf of a PNG (PNG, third edition, 11.3.3.4), or else the EXIF block in a text chunk; nil
// if there is none. A file is a signature of 8 bytes and chunks of <length> <type> <body> <checksum>.
func pngEXIF(png []byte) []byte {
	var text []byte // the last one with an EXIF block; only that is unpacked, since a file may have many
	var packed bool
	for rest := png[min(8, len(png)):]; len(rest) >= 12; {
		length := uint64(binary.BigEndian.Uint32(rest))
		if length > uint64(len(rest)-12) {
			break
		}
		body := rest[8 : 8+length]
		switch string(rest[4:8]) {
		case "eXIf":
			return body
		case "tEXt", "zTXt":
			if profile, ok := bytes.CutPrefix(body, []byte("Raw profile type exif\x00")); ok {
				text, packed = profile, rest[4] == 'z'
			}
		}
		rest = rest[12+length:]
	}
	return textEXIF(text, packed)
}

// textEXIF returns the EXIF block in the text that ImageMagick and other programs write, which is older than the chunk
// eXIf; nil if the text is damaged. Behind its name and a zero it has, compressed or not, the word exif, the number of
// bytes, and the bytes in hexadecimal.
func textEXIF(text []byte, compressed bool) []byte {
	const most = 1 << 20 // letters
	text = text[:min(len(text), most)]
	if compressed && len(text) > 0 {
		unpacked, err := zlib.NewReader(bytes.NewReader(text[1:]))
		if err != nil {
			return nil
		}
		if text, err = io.ReadAll(io.LimitReader(unpacked, most)); err != nil {
			return nil
		}
	}
	words := bytes.Fields(text)
	if len(words) < 3 {
		return nil
	}
	block, err := hex.DecodeString(string(bytes.Join(words[2:], nil)))
	if err != nil {
		return nil
	}
	return bytes.TrimPrefix(block, []byte("Exif\x00\x00"))
}
