package imgio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
)

func init() { formats["webp"] = format{check: webpCheck, exif: webpEXIF, xmp: webpXMP} }

// webpCheck returns an error for an animation, and for a picture whose pixels have another size than its header says.
// The decoder would allocate memory for the pixels before it compares the two.
func webpCheck(webp []byte) error {
	var canvas [2]int
	for kind, body := range webpChunks(webp) {
		switch {
		case kind == "ANIM" || kind == "ANMF" || kind == "VP8X" && len(body) > 0 && body[0]&2 != 0:
			return errors.New("is an animated WebP picture, which is not read: save one of its pictures as PNG first")
		case kind == "VP8X" && len(body) >= 10:
			canvas = [2]int{1 + int(binary.LittleEndian.Uint32(body[3:])>>8), 1 + int(binary.LittleEndian.Uint32(body[6:])>>8)}
		case kind == "VP8L" && len(body) >= 5:
			bits := binary.LittleEndian.Uint32(body[1:]) // 14 bits of width - 1, 14 of height - 1
			size := [2]int{1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff)}
			if canvas != [2]int{} && canvas != size {
				return errors.New("is damaged: the size in its header is not that of its pixels")
			}
		}
	}
	return nil
}

// webpEXIF returns the chunk EXIF of a WebP, or nil if there is none. Some files begin it as JPEG does.
func webpEXIF(webp []byte) []byte {
	return bytes.TrimPrefix(webpChunk(webp, "EXIF"), []byte("Exif\x00\x00"))
}

// webpXMP returns the chunk of a WebP that holds its XMP packet, or nil if there is none.
func webpXMP(webp []byte) []byte { return webpChunk(webp, "XMP ") }

func webpChunk(webp []byte, wanted string) []byte {
	for kind, body := range webpChunks(webp) {
		if kind == wanted {
			return body
		}
	}
	return nil
}

// webpChunks yields the chunks of a WebP: "RIFF" <length> "WEBP", then <type> <length> <body>, padded to an even
// length.
func webpChunks(webp []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for rest := webp[min(12, len(webp)):]; len(rest) >= 8; {
			length := uint64(binary.LittleEndian.Uint32(rest[4:]))
			body := rest[8:]
			body = body[:min(length, uint64(len(body)))]
			if !yield(string(rest[:4]), body) {
				return
			}
			rest = rest[min(8+length+length%2, uint64(len(rest))):]
		}
	}
}
