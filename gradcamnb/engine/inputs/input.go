// Package inputs makes a model's input from pictures or a tensor, and knows where the input lies in the pictures.
package inputs

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Input is a batch of model inputs, with the pictures from which it was made.
type Input struct {
	Dims     []int         // shape of the model's input, batch first
	Values   []float32     // of all pictures, row by row
	Pictures []image.Image // nil for a tensor
	Shown    []image.Image // what maps of volumes are drawn on; nil for pictures and other tensors
	Frames   []imgio.Frame // where the input lies in each picture
	Prep     *imgio.Prep   // how pictures are prepared, or would be if the input is a tensor; nil if nothing says it
}

// Prepare returns the model's input for the request's pictures or tensor. If something is strange about the
// preprocessing, it says so with say. If nothing says how pictures are prepared, it asks preset for the name of the
// preset that the error proposes; an empty name means that of classifiers.
func Prepare(c source.Card, r ask.Request, preset func() string, say func(line string)) (Input, error) {
	prep := cmp.Or(r.Prep, c.Prep)
	if r.Tensor != nil && len(r.Boxes) > 0 {
		return Input{}, errors.New("a box is a part of a picture, and a tensor is explained: leave the box out, or give the picture")
	}
	if r.Tensor != nil {
		in, err := PrepareTensor(c, *r.Tensor)
		in.Prep = prep
		return in, err
	}
	if c.Slices > 0 {
		return Input{}, fmt.Errorf("the model %s takes volumes of the shape %s, and a picture is none: give it a tensor", c.Name,
			shapeWords(c.OwnShape()))
	}
	if prep == nil {
		return Input{}, unpreparedError(c, preset())
	}
	prep, err := PrepFor(c, prep)
	if err != nil {
		return Input{}, err
	}
	prep, sized, err := fitSize(c, prep, r)
	if err != nil {
		return Input{}, err
	}
	dims, err := Shape(c, sized, len(r.Pictures))
	if err != nil {
		return Input{}, err
	}
	if n := len(r.Boxes); n > 1 && n != len(r.Pictures) {
		return Input{}, fmt.Errorf("there are %d boxes for %d pictures; give one, or one for each picture", n, len(r.Pictures))
	}
	if strange := prep.Strange(); strange != "" {
		say(c.Name + ": " + strange)
	}
	in := Input{Dims: dims, Pictures: r.Pictures, Prep: prep}
	for i, img := range r.Pictures {
		var box image.Rectangle
		if n := len(r.Boxes); n > 0 {
			box = r.Boxes[i%n]
		}
		values, frame, err := prep.Part(img, box, c.Layout)
		if err != nil {
			return Input{}, fmt.Errorf("preparing the picture: %w", err)
		}
		in.Values = append(in.Values, values...)
		in.Frames = append(in.Frames, frame)
	}
	return in, nil
}

// fitSize returns the preprocessing for these pictures, and the same with the size that it gives them, since the
// pictures of a batch must have one size. If they would differ, a letterbox with a stride becomes a whole one, as
// Ultralytics makes it, and any other is an error.
func fitSize(c source.Card, prep *imgio.Prep, r ask.Request) (use, sized *imgio.Prep, err error) {
	if (prep.Fit != imgio.Edges || prep.Width > 0) && prep.Stride == 0 {
		return prep, prep, nil
	}
	out := *prep
	for i, img := range r.Pictures {
		if img == nil {
			continue
		}
		part := img.Bounds()
		if n := len(r.Boxes); n > 0 && !r.Boxes[i%n].Empty() {
			part = r.Boxes[i%n]
		}
		of, err := prep.ForSize(part.Dx(), part.Dy())
		if err != nil {
			return nil, nil, fmt.Errorf("preparing the picture: %w", err)
		}
		switch {
		case i == 0 || of.Width == out.Width && of.Height == out.Height:
		case prep.Fit == imgio.Letterbox:
			whole := *prep
			whole.Stride = 0
			return &whole, &whole, nil
		default:
			return nil, nil, fmt.Errorf("the model %s takes every picture in its own shape, and these would be %d x %d and %d x %d pixels: explain one at a time, or pictures of one shape, or give the sidecar %s a \"width\", \"height\" and \"fit\"", c.Name, out.Width,
				out.Height, of.Width, of.Height, c.SidecarName())
		}
		out = of
	}
	return prep, &out, nil
}

// Picture returns picture i alone, as a batch of one.
func (in Input) Picture(i int) Input {
	n := len(in.Values) / in.Dims[0]
	return Input{
		Dims: append([]int{1}, in.Dims[1:]...), Values: in.Values[i*n : (i+1)*n], Frames: in.Frames[i : i+1], Prep: in.Prep,
	}
}

// Warn sets the diagnosis of every map without one to what is strange about the preprocessing. It does nothing for a
// tensor, whose preprocessing is not known.
func (in Input) Warn(results []*heatmap.Result) {
	if in.Pictures == nil {
		return
	}
	strange := in.Prep.Strange()
	if strange == "" {
		return
	}
	for _, r := range results {
		for _, m := range r.Maps {
			m.Diagnosis = cmp.Or(m.Diagnosis, strange)
		}
	}
}

// Shape returns the shape of a batch of pictures. The size is that of the preprocessing or, if it has none, the one
// that the model declares.
func Shape(c source.Card, prep *imgio.Prep, batch int) ([]int, error) {
	dims := slices.Clone(c.Input)
	dims[0] = batch
	ch, h, w := c.Layout.Axes()
	switch {
	case prep == nil:
	case prep.Width > 0:
		dims[h], dims[w] = prep.Height*max(1, c.Slices), prep.Width
	default: // each picture has its own size; the layers are listed for a square one
		const usual = 640
		for _, axis := range []int{h, w} {
			if dims[axis] < 0 {
				dims[axis] = cmp.Or(prep.Resize, usual)
				if s := prep.Stride; s > 1 {
					dims[axis] = (dims[axis] + s - 1) / s * s
				}
			}
		}
	}
	if dims[ch] < 0 {
		dims[ch] = 3
		if prep != nil {
			dims[ch] = prep.Channels()
		}
	}
	if dims[h] < 0 || dims[w] < 0 {
		return nil, fmt.Errorf("the model %s takes pictures of any size and nothing says which to use: give a size, as \"width\" and \"height\" in the sidecar %s", c.Name, c.SidecarName())
	}
	return dims, nil
}

// PrepFor returns the preprocessing for the number of channels that the model takes.
func PrepFor(c source.Card, prep *imgio.Prep) (*imgio.Prep, error) {
	channels, _, _ := c.Layout.Axes()
	how, err := prep.ForChannels(max(c.Input[channels], 0))
	if err != nil {
		return nil, fmt.Errorf("preparing the picture for the model %s: %w", c.Name, err)
	}
	if err := c.CheckBytes(&how); err != nil {
		return nil, err
	}
	return &how, nil
}
