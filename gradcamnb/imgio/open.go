// Package imgio reads picture files and turns pictures into model inputs. It reads files upright and safely, and
// resizes, crops or letterboxes pictures to the size that a model takes. A [Frame] leads back from the input to the
// picture.
package imgio

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/internal/border"
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/place"
	"github.com/gradcam-go/gradcam/internal/printable"
	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/waiting"

	// The formats that can be read.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	// More of them.
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// MaxPixels is the most pixels of a picture that is read: 100 megapixels, which take 400 MB in memory.
const MaxPixels = 100_000_000

// MaxSide is the longest side of a picture that is read, in pixels.
const MaxSide = 1 << 20

// MaxBytes is the most bytes of a picture file that is read.
const MaxBytes = 1 << 30

// Extensions returns the extensions of the files that [Open] reads, in lower case and with their dots.
func Extensions() []string {
	return []string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}
}

// Open reads the picture in a regular file. See [Decode].
func Open(path string) (image.Image, error) {
	if scheme, _, found := strings.Cut(path, "://"); found && !strings.ContainsAny(scheme, `/\`) {
		return nil, fmt.Errorf("reading the picture: %s is an address, but pictures are read from files: download it first",
			printable.Address(path))
	}
	line := waiting.Start("reading " + filepath.Base(path)) // tens of megapixels take a second
	defer line.End()
	data, err := regular.Read(path, MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("reading the picture: %w%s", withWholePath(err), describeLikeNames(path, err))
	}
	return Decode(data, path)
}

// withWholePath returns the error with its file's path from the root, since the working folder of a notebook is seldom
// known to its reader.
func withWholePath(err error) error {
	var of *fs.PathError
	if !errors.As(err, &of) {
		return err
	}
	if whole, failed := filepath.Abs(of.Path); failed == nil {
		return &fs.PathError{Op: of.Op, Path: whole, Err: of.Err}
	}
	return err
}

// describeLikeNames returns words for the files in the folder of a missing file whose names are like its own.
func describeLikeNames(path string, err error) string {
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return ""
	case strings.ContainsAny(path, "*?["):
		return place.Words("; imgio.OpenEach reads the pictures of a pattern", "")
	}
	return regular.DescribeMissing(path)
}

// MustOpen is like Open, but panics with the error.
func MustOpen(path string) image.Image {
	return must.Get(Open(path))
}

// Decode reads a PNG, JPEG, GIF, BMP, TIFF or WebP picture of at most [MaxPixels] and [MaxSide]. If a PNG or GIF is an
// animation, it reads the first picture. The name is for errors, and [Name] returns its last part.
//
// The result is an [image.NRGBA] with 8 bits a channel. It is turned upright as the orientation in its EXIF block, or
// else in its XMP packet, says. It is opaque: transparent pixels are laid over white, since a model has no use for them
// and the colours under them are arbitrary.
func Decode(data []byte, name string) (picture image.Image, err error) {
	defer func() {
		if e := recover(); e != nil { // a decoder panics if a file is damaged
			err = fmt.Errorf("%s is damaged: %w", name, border.NewPanicError(e))
		}
	}()
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if errors.Is(err, image.ErrFormat) {
		return nil, unknown(data, name)
	}
	f := formats[format]
	if f.check != nil {
		if err := f.check(data); err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
	}
	if err != nil {
		return nil, unreadable(err, name)
	}
	w, h := config.Width, config.Height
	if w < 1 || h < 1 || w > MaxPixels/h {
		return nil, fmt.Errorf("%s is %d x %d pixels, and at most %d million are read: make it smaller first", name, w, h,
			MaxPixels/1_000_000)
	}
	if max(w, h) > MaxSide {
		return nil, fmt.Errorf("%s is %d x %d pixels, and a side may have %d: cut it first", name, w, h, MaxSide)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, unreadable(err, name)
	}
	part := image.Rect(0, 0, w, h)
	orientation := f.orientation(data)
	flat := drawOverWhite(img, part, orientation)
	if f.mend != nil {
		f.mend(data, flat)
	}
	if alpha := straight(img, part); alpha != nil {
		alphas.keep(flat, upright(alpha, orientation))
	}
	names.keep(flat, filepath.Base(name))
	return flat, nil
}

// format holds what this package does for a format besides calling its decoder. Fields may be nil.
type format struct {
	check func(data []byte) error             // refuses a file before it is decoded; errors begin with "is ..."
	mend  func(data []byte, img *image.NRGBA) // corrects what the decoder does differently from other decoders
	exif  func(data []byte) []byte            // returns the EXIF block, which is a TIFF header; nil if there is none
	xmp   func(data []byte) []byte            // returns the XMP packet; nil if there is none. It comes with exif.
}

// formats holds the formats by their decoders' names.
var formats = map[string]format{}

// drawOverWhite returns a copy of a part of a picture over white, turned upright by its orientation. Channels of 16
// bits are reduced to their high byte. The copy is white if the picture has nothing there.
//
// It draws with premultiplied colours, for which the image packages have fast paths. An opaque picture has the same
// bytes with and without premultiplied colours.
func drawOverWhite(img image.Image, part image.Rectangle, orientation int) *image.NRGBA {
	o, ok := img.(interface{ Opaque() bool })
	covers := ok && img.Bounds() == part && o.Opaque()
	return drawUpright(part.Dx(), part.Dy(), orientation, func(from int, on *image.RGBA) {
		if !covers {
			draw.Draw(on, on.Rect, image.White, image.Point{}, draw.Src)
		}
		place := img.Bounds().Sub(part.Min).Sub(image.Pt(0, from))
		draw.Draw(on, place, img, img.Bounds().Min, draw.Over)
	})
}
