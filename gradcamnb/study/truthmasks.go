package study

import (
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Masks are the truths of a folder of masks, by the names of the pictures: light is the object, or
// what is opaque if the mask has transparent parts. A mask has the size of its picture.
func Masks(dir string) (Truths, error) {
	files, err := Files(dir)
	if err != nil {
		return nil, err
	}
	out := Truths{}
	for _, f := range files {
		out[f.Name] = func(r image.Rectangle) (heatmap.Grid, error) {
			img, err := f.Open()
			if err != nil {
				return heatmap.Grid{}, err
			}
			return sized(heatmap.MaskOf(img), r)
		}
	}
	return out, nil
}
