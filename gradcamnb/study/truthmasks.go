package study

import (
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Masks returns the truths of a folder of masks, which are named like their pictures. Light pixels are the object. If a
// mask has transparent parts, its opaque pixels are the object instead. A mask must have the size of its picture.
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
			return checkSize(heatmap.MaskOf(img), r)
		}
	}
	return out, nil
}
