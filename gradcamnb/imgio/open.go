// Package imgio turns pictures into model inputs and remembers the geometry:
// reading image files upright and safely, and resizing, cropping or letterboxing
// them to what a model wants, together with the [Frame] that leads back.
package imgio

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/internal/must"

	// The formats that can be read.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	// More of them.
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// MaxPixels is the size of the largest picture that is read: 100 megapixels,
// 400 MB in memory.
const MaxPixels = 100_000_000

// Open reads the picture in a file. See [Decode].
func Open(path string) (image.Image, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the picture: %w", err)
	}
	return Decode(data, path)
}

// MustOpen is Open that panics with the error.
func MustOpen(path string) image.Image {
	return must.Get(Open(path))
}

// Decode reads a PNG, JPEG, GIF, BMP, TIFF or WebP picture of at most [MaxPixels].
// The name is for errors.
//
// The result is an [image.NRGBA] of 8 bits a channel, upright as its EXIF
// orientation says, and opaque: transparent pixels are laid over white, since a
// model has no use for them and what hides under them is arbitrary.
func Decode(data []byte, name string) (image.Image, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if errors.Is(err, image.ErrFormat) {
		return nil, fmt.Errorf("%s is not a picture of a known format (PNG, JPEG, GIF, BMP, TIFF, WebP)", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > MaxPixels/config.Height {
		return nil, fmt.Errorf("%s is %d x %d pixels, and at most %d million are read: make it smaller first", name, config.Width, config.Height, MaxPixels/1_000_000)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	flat := overWhite(img)
	if format == "jpeg" {
		return upright(flat, orientation(data)), nil
	}
	return flat, nil
}

// overWhite copies a picture, its 16-bit channels reduced to their high byte.
//
// It is drawn with premultiplied colours, for which the image packages have quick ways;
// what is opaque has the same in both.
func overWhite(img image.Image) *image.NRGBA {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), img, b.Min, draw.Over)
	return &image.NRGBA{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}
}
