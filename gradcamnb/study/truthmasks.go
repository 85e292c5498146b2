package study

import (
	"fmt"
	"image"
	"path/filepath"
	"strconv"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// Masks returns the truths of a folder of masks, which are named like their pictures. A mask must have the size of its
// picture. Its object is what it shows light on black, or in any one grey on black. If a mask has transparent parts,
// its opaque pixels are the object instead.
//
// A mask with a palette of colours, as those of Pascal VOC, holds numbers of classes. There the object is every pixel
// but those of 0, the background, and 255, which is none.
//
// With a class, which is a number, every mask holds numbers, and the object is that one: the number in the palette, the
// grey, or the number whose colour in Pascal VOC the pixel has. Without it, a mask of several greys, or of colours
// without a palette, is an error.
func Masks(dir, class string) (Truths, error) {
	names, err := filesBelow(dir, extensions...)
	if err != nil {
		return nil, fmt.Errorf("the folder of masks: %w", err)
	}
	return readMasks(dir, names, class)
}

// readMasks returns the truths of the masks with these names in a folder.
func readMasks(dir string, names []string, class string) (out Truths, err error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder %s has no masks", dir)
	}
	out = Truths{}
	for _, name := range names {
		if out[name], err = Mask(filepath.Join(dir, filepath.FromSlash(name)), class); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Mask returns the truth of one mask; see [Masks].
func Mask(path, class string) (func(image.Rectangle) (heatmap.Grid, error), error) {
	number := -1
	if class != "" {
		n, err := strconv.ParseUint(class, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("masks have no names of classes, as %q: give the number that the pixels of the class have", class)
		}
		number = int(n)
	}
	return func(r image.Rectangle) (heatmap.Grid, error) { return readMask(path, number, r) }, nil
}

// readMask returns where the object of a mask lies, or that of a number, if it is not below 0.
func readMask(path string, number int, r image.Rectangle) (heatmap.Grid, error) {
	data, err := regular.Read(path, imgio.MaxBytes)
	if err != nil {
		return heatmap.Grid{}, err
	}
	img, err := imgio.Decode(data, path)
	if err != nil {
		return heatmap.Grid{}, err
	}
	straight := imgio.Straight(img)
	if b := straight.Bounds(); b.Size() != r.Size() {
		return heatmap.Grid{}, fmt.Errorf("the mask has %d x %d pixels, and the picture %d x %d", b.Dx(), b.Dy(), r.Dx(), r.Dy())
	}
	m, err := numbersOf(data, img)
	if err != nil {
		return heatmap.Grid{}, err
	}
	if number < 0 && !m.coloured {
		drawn := isTransparent(straight)
		if !drawn {
			if drawn, err = m.checkDrawn(r.Dx(), r.Dy()); err != nil {
				return heatmap.Grid{}, err
			}
		}
		if drawn {
			return heatmap.MaskOf(straight), nil
		}
	}
	return m.object(r.Dx(), r.Dy(), number)
}

// isTransparent tells whether some pixel of a picture is not opaque.
func isTransparent(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && !o.Opaque()
}
