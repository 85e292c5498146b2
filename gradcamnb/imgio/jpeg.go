package imgio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
)

func init() { formats["jpeg"] = format{check: jpegCheck, exif: jpegEXIF, xmp: jpegXMP} }

// jpegCheck returns an error for a picture with so many scans that it would take minutes to read. A scan of a
// progressive JPEG may have some bytes, and passes over all pixels.
func jpegCheck(jpeg []byte) error {
	const most = 30 * MaxPixels // of all scans
	pixels, passed := 0, 0
	for marker, body := range jpegSegments(jpeg) {
		switch {
		case marker == startOfScan:
			if passed += pixels; passed > most {
				return errors.New("is a JPEG with so many scans that it would take minutes to read: save it as PNG first")
			}
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc && len(body) >= 5:
			pixels = int(binary.BigEndian.Uint16(body[1:])) * int(binary.BigEndian.Uint16(body[3:]))
		}
	}
	return nil
}

// jpegEXIF returns the EXIF block of a JPEG, or nil if there is none. The segment APP1 holds "Exif\0\0" and a TIFF
// header (CIPA DC-008, 4.7.2).
func jpegEXIF(jpeg []byte) []byte { return jpegBlock(jpeg, "Exif\x00\x00") }

// jpegXMP returns the XMP packet of a JPEG, which stands in a segment APP1, too (ISO 16684-1); nil if there is none.
func jpegXMP(jpeg []byte) []byte { return jpegBlock(jpeg, "http://ns.adobe.com/xap/1.0/\x00") }

// jpegBlock returns what the first segment APP1 with a head holds behind it.
func jpegBlock(jpeg []byte, head string) []byte {
	for marker, body := range jpegSegments(jpeg) {
		if marker == startOfScan { // the picture itself begins
			break
		}
		if block, ok := bytes.CutPrefix(body, []byte(head)); ok && marker == 0xe1 {
			return block
		}
	}
	return nil
}

const (
	startOfScan = 0xda
	endOfImage  = 0xd9
)

// jpegSegments yields the segments FF <marker> <length> <body> of a JPEG to its end (ITU-T T.81, annex B). It passes
// over what has no length: the data of a scan, in which FF is followed by 0 or a restart marker, and fill bytes.
func jpegSegments(jpeg []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for rest := jpeg; ; {
			at := bytes.IndexByte(rest, 0xff)
			if at < 0 || at+4 > len(rest) || rest[at+1] == endOfImage {
				return
			}
			marker := rest[at+1]
			if marker < 0xc0 || marker == 0xff || marker >= 0xd0 && marker <= 0xd8 {
				rest = rest[at+1:]
				continue
			}
			rest = rest[at+2:]
			length := int(binary.BigEndian.Uint16(rest))
			if length < 2 || length > len(rest) || !yield(marker, rest[2:length]) {
				return
			}
			rest = rest[length:]
		}
	}
}
