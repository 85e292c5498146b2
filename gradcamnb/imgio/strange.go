package imgio

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// strange lists how files of formats that are not read begin, and what they are. A question mark stands for any byte.
var strange = []struct{ begin, what string }{
	{"????ftypavif", "an AVIF picture"},
	{"????ftypavis", "an animated AVIF picture"},
	{"????ftyphei", "a HEIC picture"},
	{"????ftyphev", "a HEIC picture"},
	{"????ftypmif1", "a HEIF picture"},
	{"????ftypmsf1", "a HEIF picture"},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"},
	{"\xffO\xffQ", "a JPEG 2000 picture"},
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL picture"},
	{"\xff\n", "a JPEG XL picture"},
	{"MM\x00+", "a BigTIFF picture"},
	{"II+\x00", "a BigTIFF picture"},
	{"8BPS", "a Photoshop picture"},
	{"\x00\x00\x01\x00", "an icon"},
	{"%PDF", "a PDF document"},
	{"<svg", "an SVG drawing"},
	{"<?xml", "an XML document"},
	{"\x93NUMPY", "a numpy array"},
}

// unknown returns the error for a file of an unknown format.
func unknown(data []byte, name string) error {
	switch {
	case len(data) == 0:
		return fmt.Errorf("%s is empty and not a picture", name)
	case bytes.HasPrefix(data, []byte("version https://git-lfs")):
		return fmt.Errorf("%s is a pointer of Git LFS and not the picture itself: fetch it with git lfs pull", name)
	}
	for _, s := range strange {
		if begins(data, s.begin) {
			return fmt.Errorf("%s is %s, which is not read: save it as PNG or JPEG first", name, s.what)
		}
	}
	return fmt.Errorf("%s is not a picture of a known format (PNG, JPEG, GIF, BMP, TIFF, WebP)", name)
}

func begins(data []byte, with string) bool {
	if len(data) < len(with) {
		return false
	}
	for i := range len(with) {
		if with[i] != '?' && with[i] != data[i] {
			return false
		}
	}
	return true
}

// unreadable returns the error for a picture that its decoder refuses: it is damaged, or of a kind that the decoder
// does not know.
func unreadable(err error, name string) error {
	var (
		asJPEG jpeg.UnsupportedError
		asPNG  png.UnsupportedError
		asTIFF tiff.UnsupportedError
	)
	switch {
	case errors.As(err, &asJPEG), errors.As(err, &asPNG), errors.As(err, &asTIFF), errors.Is(err, bmp.ErrUnsupported):
		return fmt.Errorf("%s is of a kind that is not read (%w): save it as an ordinary PNG or JPEG first", name, err)
	}
	return fmt.Errorf("%s is damaged: %w", name, err)
}
