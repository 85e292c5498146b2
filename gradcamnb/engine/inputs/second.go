package inputs

import (
	"fmt"
	"image"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/fault"
)

// Second returns a second picture as the model's input. It must have the size of the first.
func (in Input) Second(c source.Card, picture image.Image) (Input, error) {
	if in.Prep == nil {
		return Input{}, fault.Errorf(fault.ErrNoPreprocessing,
			"nothing says how to prepare the second picture for the model %s", c.Name)
	}
	prep, err := PrepFor(c, in.Prep)
	if err != nil {
		return Input{}, err
	}
	values, frame, err := prep.Tensor(picture, c.Layout)
	if err != nil {
		return Input{}, fmt.Errorf("preparing the second picture: %w", err)
	}
	if first := c.Layout.Size(in.Dims); first != [2]int{frame.ModelH, frame.ModelW} {
		return Input{}, fmt.Errorf("the second picture is prepared as %d x %d pixels, but the first one as %d x %d",
			frame.ModelW, frame.ModelH, first[1], first[0])
	}
	dims := slices.Clone(in.Dims)
	dims[0] = 1
	return Input{Dims: dims, Values: values}, nil
}
