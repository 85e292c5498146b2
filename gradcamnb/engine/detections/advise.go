package detections

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Advise returns words on how to explain detections, which begin the error of a target that is none. They are empty if
// the model is not known as a detector and no decoder fits its outputs.
func Advise(c source.Card, layers []source.Layer, input []int) string {
	is := "the model is a detector: explain"
	if c.Detector == nil {
		var shapes [][]int
		for _, name := range c.Outputs {
			l, err := source.Resolve(layers, name)
			if err != nil {
				return ""
			}
			shapes = append(shapes, l.Shape)
		}
		if len(detect.FindFitting(shapes, c.Layout.Size(input), len(c.Labels))) == 0 {
			return ""
		}
		is = "if the model is a detector, explain"
	}
	return fmt.Sprintf("%s one of its detections with %s; ", is,
		place.Words("gradcamnb.Detection(1)", "gradcam drise, or with --target detection:1"))
}
