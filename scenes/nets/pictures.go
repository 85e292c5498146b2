package nets

import (
	"fmt"
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/study"
	"github.com/gradcam-go/gradcam/scenes"
)

// unseen is the first of the seeds that no network has learned from.
const unseen = 1 << 33

// Pictures returns n scenes for a study, which no network has learned from. Each is labelled with the shape of its
// first object, and its truth is where objects of that shape are.
func Pictures(n int) []study.Picture {
	out := make([]study.Picture, n)
	for i := range out {
		scene := func() scenes.Scene { return scenes.Draw(unseen+uint64(i), scenes.Options{Least: 2}) }
		shape := scene().Objects[0].Shape
		out[i] = study.Picture{
			Name: fmt.Sprintf("scene %05d", i), Label: scenes.Shapes[shape],
			Open: func() (image.Image, error) { return scene().Picture, nil },
			Truth: func(image.Rectangle) (heatmap.Grid, error) {
				return scene().Mask(func(o scenes.Object) bool { return o.Shape == shape }), nil
			},
		}
	}
	return out
}
