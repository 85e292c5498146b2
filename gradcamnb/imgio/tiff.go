package imgio

import (
	"encoding/binary"
	"image"
)

func init() {
	formats["tiff"] = format{mend: tiffMend, exif: func(tiff []byte) []byte { return tiff }, xmp: tiffXMP}
}

// These are the fields of a TIFF directory that are read here (TIFF 6.0).
const (
	tiffCompression = 0x0103
	tiffPhotometric = 0x0106
	tiffOrientated  = 0x0112
	tiffPacket      = 0x02bc
)

// tiffMend swaps black and white in fax pictures (compressions 2 to 4) whose file says that 0 is black. The decoder
// ignores that field for fax pictures.
func tiffMend(tiff []byte, img *image.NRGBA) {
	compression, _ := tiffNumber(tiff, tiffCompression)
	photometric, ok := tiffNumber(tiff, tiffPhotometric)
	if !ok || photometric != 1 || compression < 2 || compression > 4 {
		return
	}
	for i := 0; i < len(img.Pix); i += 4 {
		for c := range 3 {
			img.Pix[i+c] = 255 - img.Pix[i+c]
		}
	}
}

// tiffXMP returns the XMP packet of a TIFF picture, or nil if there is none. Its field holds the number of bytes and
// where they begin.
func tiffXMP(tiff []byte) []byte {
	order, entry := tiffField(tiff, tiffPacket)
	if entry == nil {
		return nil
	}
	from, length := uint64(order.Uint32(entry[8:])), uint64(order.Uint32(entry[4:]))
	if from+length > uint64(len(tiff)) {
		return nil
	}
	return tiff[from : from+length]
}

// tiffNumber returns the 16-bit value of a field of the first directory.
func tiffNumber(tiff []byte, field uint16) (uint16, bool) {
	order, entry := tiffField(tiff, field)
	if entry == nil {
		return 0, false
	}
	return order.Uint16(entry[8:]), true
}

// tiffField returns the 12 bytes of a field of the first directory, and the order of their bytes; nil if there is none.
func tiffField(tiff []byte, field uint16) (order binary.ByteOrder, entry []byte) {
	if len(tiff) < 8 {
		return nil, nil
	}
	order = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	directory := uint64(order.Uint32(tiff[4:]))
	if directory+2 > uint64(len(tiff)) {
		return nil, nil
	}
	entries := tiff[directory+2:]
	for range order.Uint16(tiff[directory:]) {
		if len(entries) < 12 {
			return nil, nil
		}
		if order.Uint16(entries) == field {
			return order, entries[:12]
		}
		entries = entries[12:]
	}
	return nil, nil
}
