package imgio

import (
	"encoding/binary"
	"image"
)

func init() { formats["tiff"] = format{mend: tiffMend, exif: func(tiff []byte) []byte { return tiff }} }

// These are the fields of a TIFF directory that are read here (TIFF 6.0).
const (
	tiffCompression = 0x0103
	tiffPhotometric = 0x0106
	tiffOrientated  = 0x0112
)

// tiffMend swaps black and white in fax pictures (compressions 2 to 4) whose file says that 0 is black. The decoder
// ignores that field for fax pictures.
func tiffMend(tiff []byte, img *image.NRGBA) {
	compression, _ := tiffField(tiff, tiffCompression)
	photometric, ok := tiffField(tiff, tiffPhotometric)
	if !ok || photometric != 1 || compression < 2 || compression > 4 {
		return
	}
	for i := 0; i < len(img.Pix); i += 4 {
		for c := range 3 {
			img.Pix[i+c] = 255 - img.Pix[i+c]
		}
	}
}

// tiffOrientation returns the orientation in a TIFF header's first directory, 1 to 8. It returns 1, upright, if there
// is none or it cannot be read.
func tiffOrientation(tiff []byte) int {
	if o, ok := tiffField(tiff, tiffOrientated); ok && o >= 1 && o <= 8 {
		return int(o)
	}
	return 1
}

// tiffField returns the 16-bit value of a field of the first directory.
func tiffField(tiff []byte, field uint16) (uint16, bool) {
	if len(tiff) < 8 {
		return 0, false
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	directory := uint64(order.Uint32(tiff[4:]))
	if directory+2 > uint64(len(tiff)) {
		return 0, false
	}
	entries := tiff[directory+2:]
	for range order.Uint16(tiff[directory:]) {
		if len(entries) < 12 {
			return 0, false
		}
		if order.Uint16(entries) == field {
			return order.Uint16(entries[8:]), true
		}
		entries = entries[12:]
	}
	return 0, false
}
