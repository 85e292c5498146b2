package inputs

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// PrepareTensor returns a tensor as the model's input. Its frame is the tensor itself.
func PrepareTensor(c source.Card, t ask.Tensor) (Input, error) {
	given := t.Dims
	t.Dims = AddMissingAxis(c, t.Dims)
	if len(t.Dims) != len(c.Input) || c.Slices > 0 && len(given) != len(c.Input)+1 {
		return Input{}, fmt.Errorf("the tensor has the shape %v, but the model %s takes %s, batch first", given, c.Name,
			shapeWords(c.OwnShape()))
	}
	n := 1
	for _, d := range t.Dims {
		n *= d
	}
	if n == 0 || n != len(t.Values) {
		return Input{}, errors.New("the tensor is empty, or its shape and its number of values differ")
	}
	ch, h, w := c.Layout.Axes()
	if want := c.Input[ch]; want > 0 && t.Dims[ch] != want {
		return Input{}, fmt.Errorf("the tensor has the shape %v, but the model %s takes %s: the number of channels differs",
			given, c.Name, shapeWords(c.OwnShape()))
	}
	f := imgio.WholeFrame(t.Dims[w], t.Dims[h])
	in := Input{Dims: t.Dims, Values: t.Values, Frames: slices.Repeat([]imgio.Frame{f}, t.Dims[0])}
	if c.Slices > 0 {
		in.Shown = drawVolumes(c, t)
	}
	return in, nil
}

// AddMissingAxis returns the shape of a tensor with the axis that the file's own input lacks, if the tensor was given
// without it.
func AddMissingAxis(c source.Card, dims []int) []int {
	_, h, _ := c.Layout.Axes()
	if c.Slices > 0 && len(dims) == len(c.Input)+1 && dims[h] == c.Slices {
		return slices.Replace(slices.Clone(dims), h, h+2, dims[h]*dims[h+1])
	}
	if c.AddedAxis > 0 && len(dims) == len(c.Input)-1 {
		return slices.Insert(slices.Clone(dims), c.AddedAxis-1, 1)
	}
	return dims
}

func shapeWords(dims []int) string {
	var words []string
	for _, d := range dims {
		if d < 0 {
			words = append(words, "any")
			continue
		}
		words = append(words, strconv.Itoa(d))
	}
	return fmt.Sprint(words)
}
