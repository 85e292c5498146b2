package imgio

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
	"iter"
)

func init() { formats["png"] = format{exif: pngEXIF, xmp: pngXMP} }

// pngEXIF returns the chunk eXIf of a PNG (PNG, third edition, 11.3.3.4), or else the EXIF block in a text chunk; nil
// if there is none.
func pngEXIF(png []byte) []byte {
	var text []byte // the last one with an EXIF block; only that is unpacked, since a file may have many
	var packed bool
	for kind, body := range pngChunks(png) {
		switch kind {
		case "eXIf":
			return body
		case "tEXt", "zTXt":
			if profile, ok := bytes.CutPrefix(body, []byte("Raw profile type exif\x00")); ok {
				text, packed = profile, kind == "zTXt"
			}
		}
	}
	return textEXIF(text, packed)
}

// pngXMP returns the XMP packet of a PNG, a text of its own with a name that is fixed (ISO 16684-3); nil if there is
// none. Behind the name stand two bytes that tell whether the text is compressed, a language and a translated name,
// each of which ends with a zero.
func pngXMP(png []byte) []byte {
	for kind, body := range pngChunks(png) {
		rest, ok := bytes.CutPrefix(body, []byte("XML:com.adobe.xmp\x00"))
		if kind != "iTXt" || !ok || len(rest) < 2 {
			continue
		}
		parts := bytes.SplitN(rest[2:], []byte{0}, 3)
		if len(parts) < 3 {
			return nil
		}
		if rest[0] == 0 {
			return parts[2]
		}
		return unpackText(parts[2])
	}
	return nil
}

// pngChunks yields the chunks of a PNG: a signature of 8 bytes, then <length> <type> <body> <checksum>.
func pngChunks(png []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for rest := png[min(8, len(png)):]; len(rest) >= 12; {
			length := uint64(binary.BigEndian.Uint32(rest))
			if length > uint64(len(rest)-12) || !yield(string(rest[4:8]), rest[8:8+length]) {
				return
			}
			rest = rest[12+length:]
		}
	}
}

// mostText is how many letters of a text are read.
const mostText = 1 << 20

// unpackText returns a text that is compressed, as far as it is read; nil if it is damaged.
func unpackText(packed []byte) []byte {
	unpacked, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(unpacked, mostText))
	if err != nil {
		return nil
	}
	return text
}

// textEXIF returns the EXIF block in the text that ImageMagick and other programs write, which is older than the chunk
// eXIf; nil if the text is damaged. Behind its name and a zero it has, compressed or not, the word exif, the number of
// bytes, and the bytes in hexadecimal.
func textEXIF(text []byte, compressed bool) []byte {
	text = text[:min(len(text), mostText)]
	if compressed && len(text) > 0 {
		text = unpackText(text[1:])
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
