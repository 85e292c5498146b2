package gradcamnb

import (
	"image"
	"maps"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

type choice func(*Request)

func (c choice) Choose(r *Request) { c(r) }

type inputChoice struct{ choice }

func (inputChoice) SaysInputs() {}

// InBox shows the model only a part of each picture, such as an object whose attributes are explained. Give one box for
// all pictures, or one for each, in pixels from the picture's top left corner. Maps still cover the whole picture.
func InBox(boxes ...image.Rectangle) Choice {
	return choice(func(r *Request) { r.Boxes = slices.Concat(r.Boxes, boxes) })
}

// Input gives a value to an input of the model besides the picture: a vector of numbers about it, a second picture (see
// [Model.Prepare]), a constant of the export. An input that has a row for every picture takes one for all or one a
// picture; its axis may be left out if it is one for all.
func Input(name string, value Tensor) InputChoice {
	return inputChoice{func(r *Request) {
		inputs := maps.Clone(r.Inputs) // requests share theirs
		if inputs == nil {
			inputs = map[string]Tensor{}
		}
		inputs[name] = value
		r.Inputs = inputs
	}}
}

// Numbers is a vector as the value of an [Input].
func Numbers(values ...float32) Tensor { return Tensor{Dims: []int{len(values)}, Values: values} }

// Layers picks the layers to explain at, by tensor name, module path or alias; see also
// [AllLayers] and [StageLayers].
func Layers(names ...string) Choice {
	return choice(func(r *Request) { r.Layers = slices.Concat(r.Layers, names) })
}

// Methods picks the methods, by their names in the papers or in pytorch-grad-cam.
func Methods(names ...string) Choice {
	return choice(func(r *Request) { r.Methods = slices.Concat(r.Methods, names) })
}

// Read picks how the outputs of a detector are read.
func Read(how Reading) Choice { return choice(func(r *Request) { r.Reading = how }) }

// Prepared replaces the model's own preprocessing; what p does not say is as [imgio.Prep.Filled] has it.
func Prepared(p imgio.Prep) InputChoice {
	p = p.Filled()
	return inputChoice{func(r *Request) { r.Prep = &p }}
}

// Sampled sets how the methods that hide parts of the picture sample their masks.
func Sampled(s Sampling) Choice {
	return choice(func(r *Request) { r.Sampling = s })
}

// Trusted asks how far every map can be believed, in numbers and words: [heatmap.Map.Trust]. It
// compares the map with noise and with a bump in the middle by what they show the model, with the
// map of the model with random weights, with that of another class, and with those of pictures
// under noise that nobody sees. A map costs some 60 passes and 12 explanations.
func Trusted() Choice {
	return choice(func(r *Request) { r.Measuring.Trust = true })
}

// Measured picks what is measured of every map. The last one given counts; [Trusted] adds to it.
func Measured(m Measuring) Choice {
	return choice(func(r *Request) { r.Measure(m) })
}
