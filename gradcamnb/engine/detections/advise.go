package detections

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Advise returns words on how to explain detections, which begin the error of a target that is none. They are empty if
// the model is not known as a detector and no decoder fits its outputs.
func Advise(c source.Card, layers []source.Layer, input []int) string {
	is := "the model is a detector: explain"
	if c.Detector == nil {
		if len(findFitting(c, layers, input)) == 0 {
			return ""
		}
		is = "if the model is a detector, explain"
	}
	return fmt.Sprintf("%s one of its detections with %s; ", is,
		place.Words("gradcamnb.Detection(1)", "gradcam drise, or with --target detection:1"))
}

// findFitting returns the names of the decoders that fit the outputs of a model with these layers.
func findFitting(c source.Card, layers []source.Layer, input []int) []string {
	var shapes [][]int
	for _, name := range c.Outputs {
		l, err := source.Resolve(layers, name)
		if err != nil {
			return nil
		}
		shapes = append(shapes, l.Shape)
	}
	return detect.FindFitting(shapes, c.Layout.Size(input), len(c.Labels))
}

// UsualPreset returns the name of the preset in imgio with which pictures are usually prepared for a detector with such
// outputs. It is empty if the model is not known as a detector and no decoder fits its outputs.
func UsualPreset(ctx context.Context, m source.Model) string {
	c := m.Card()
	var names []string
	if c.Detector != nil {
		names = []string{c.Detector.Decoder}
	} else if len(c.Input) == 4 && c.Layout != "" {
		input, err := inputs.Shape(c, &imgio.Prep{Order: "RGB"}, 1)
		if err != nil {
			return ""
		}
		layers, err := m.Layers(ctx, input, "")
		if err != nil {
			return ""
		}
		names = findFitting(c, layers, input)
	}
	for _, name := range names {
		if d, err := detect.ByName(name); err == nil {
			return cmp.Or(d.Preset, "unit")
		}
	}
	return ""
}
