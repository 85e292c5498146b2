package imgio

import (
	"regexp"
	"strconv"
)

// orientation returns the orientation in a picture file, 1 to 8. Its EXIF block counts, or its XMP packet if the block
// has no such field; 1, upright, is the answer if neither has a valid one.
func (f format) orientation(data []byte) int {
	if f.exif == nil {
		return 1
	}
	if o, ok := tiffNumber(f.exif(data), tiffOrientated); ok {
		return validOrientation(int(o))
	}
	return xmpOrientation(f.xmp(data))
}

func validOrientation(o int) int {
	if o < 1 || o > 8 {
		return 1
	}
	return o
}

// orientationInXMP finds the orientation in an XMP packet, which is XML: as an attribute or as an element.
var orientationInXMP = regexp.MustCompile(`tiff:Orientation(?:\s*=\s*["']|>)\s*([0-9])`)

// xmpOrientation returns the orientation in an XMP packet, 1 to 8; 1 if there is none.
func xmpOrientation(xmp []byte) int {
	found := orientationInXMP.FindSubmatch(xmp[:min(len(xmp), mostText)])
	if found == nil {
		return 1
	}
	o, _ := strconv.Atoi(string(found[1])) // it is a digit
	return validOrientation(o)
}
