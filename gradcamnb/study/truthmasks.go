package study

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// Masks returns the truths of a folder of masks, which are named like their pictures. Light pixels are the object. If a
// mask has transparent parts, its opaque pixels are the object instead. A mask must have the size of its picture.
//
// A mask with a palette of colours, as those of Pascal VOC, holds numbers of classes, and so does one that is nowhere
// light. There the object is every pixel but those of 0, the background, and 255, which is none. With a class, which is
// a number, every mask holds numbers, and the object is that one.
func Masks(dir, class string) (Truths, error) {
	number := -1
	if class != "" {
		n, err := strconv.ParseUint(class, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("masks have no names of classes, as %q: give the number that the pixels of the class have", class)
		}
		number = int(n)
	}
	names, err := filesBelow(dir, extensions...)
	if err != nil {
		return nil, fmt.Errorf("the folder of masks: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder %s has no masks", dir)
	}
	out := Truths{}
	for _, name := range names {
		out[name] = func(r image.Rectangle) (heatmap.Grid, error) {
			return readMask(filepath.Join(dir, filepath.FromSlash(name)), number, r)
		}
	}
	return out, nil
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
	drawn, err := checkSize(heatmap.MaskOf(imgio.Straight(img)), r)
	if err != nil {
		return drawn, err
	}
	numbers, coloured, err := numbersOf(data, img)
	light := slices.ContainsFunc(drawn.Values, func(v float32) bool { return v > 0 })
	switch {
	case err != nil:
		return drawn, err
	case number < 0 && light && !coloured:
		return drawn, nil
	}
	for i := range drawn.Values {
		drawn.Values[i] = 0
		if v := numbers(i%drawn.W, i/drawn.W); v == number || number < 0 && v != 0 && v != 255 {
			drawn.Values[i] = 1
		}
	}
	return drawn, nil
}

// numbersOf returns the number of every pixel of a mask: that of its colour in the palette, or its grey. Coloured
// tells that there is a palette with colours.
func numbersOf(data []byte, read image.Image) (at func(x, y int) int, coloured bool, err error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data)) // which was read once
	if err != nil {
		return nil, false, err
	}
	palette, isPalette := config.ColorModel.(color.Palette)
	if isPalette || config.ColorModel == color.Gray16Model {
		if read, _, err = image.Decode(bytes.NewReader(data)); err != nil { // as it stands
			return nil, false, err
		}
	}
	for _, c := range palette {
		r, g, b, _ := c.RGBA()
		coloured = coloured || r != g || g != b
	}
	return func(x, y int) int {
		switch m := read.(type) {
		case *image.Paletted:
			return int(m.ColorIndexAt(x, y))
		case *image.Gray16:
			return int(m.Gray16At(x, y).Y)
		}
		r, _, _, _ := read.At(x, y).RGBA()
		return int(r >> 8)
	}, coloured, nil
}
