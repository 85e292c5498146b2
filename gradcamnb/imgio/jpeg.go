package imgio

import (
	"bytes"
	"encoding/binary"
)

func init() { formats["jpeg"] = format{exif: jpegEXIF} }

// jpegEXIF returns the EXIF block of a JPEG, or nil if there is none.
//
// The file is a chain of segments FF <marker> <length>. The segment APP1 holds "Exif\0\0" and a TIFF header (CIPA
// DC-008, 4.7.2).
func jpegEXIF(jpeg []byte) []byte {
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xff; {
		marker, length := jpeg[at+1], int(binary.BigEndian.Uint16(jpeg[at+2:]))
		if marker == 0xda || length < 2 || at+2+length > len(jpeg) { // the picture itself begins
			break
		}
		body := jpeg[at+4 : at+2+length]
		if tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiff
		}
		at += 2 + length
	}
	return nil
}
