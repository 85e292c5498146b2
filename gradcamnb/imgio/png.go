package imgio

import "encoding/binary"

func init() { formats["png"] = format{exif: pngEXIF} }

// pngEXIF returns the chunk eXIf of a PNG (PNG, third edition, 11.3.3.4), or nil if there is none. A file is a
// signature of 8 bytes and chunks of <length> <type> <body> <checksum>.
func pngEXIF(png []byte) []byte {
	for rest := png[min(8, len(png)):]; len(rest) >= 12; {
		length := uint64(binary.BigEndian.Uint32(rest))
		if length > uint64(len(rest)-12) {
			break
		}
		if string(rest[4:8]) == "eXIf" {
			return rest[8 : 8+length]
		}
		rest = rest[12+length:]
	}
	return nil
}
