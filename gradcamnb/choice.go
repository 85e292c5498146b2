package gradcamnb

import (
	"image"
	"maps"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
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
// [Model.Prepare]), or a constant of the export. If the input has a row for every picture, give one row for each, or
// one for all. One for all may leave the axis of pictures out.
func Input(name string, value Tensor) ask.InputChoice {
	return inputChoice{func(r *Request) {
		inputs := maps.Clone(r.Inputs) // requests share theirs
		if inputs == nil {
			inputs = map[string]Tensor{}
		}
		inputs[name] = value
		r.Inputs = inputs
	}}
}

// Numbers returns a vector as the value of an [Input].
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

// Prepared replaces the model's own preprocessing. Fields that p leaves empty get the defaults of
// [imgio.Prep.WithDefaults].
func Prepared(p imgio.Prep) ask.InputChoice {
	p = p.WithDefaults()
	return inputChoice{func(r *Request) { r.Prep = &p }}
}

// Sampled sets how the methods that hide parts of the picture sample their masks.
func Sampled(s Sampling) Choice {
	return choice(func(r *Request) { r.Sampling = s })
}

// Trusted tests how far every map can be believed, and puts the answer into [heatmap.Map.Trust], in numbers and words.
// It asks whether the map finds more of what the model uses than noise does, and than a bump in the middle. It also
// compares the map with that of the same model with random weights, with that of another class, and with those of the
// same picture under noise too weak to be seen. This costs some 60 passes and 12 explanations for each map.
func Trusted() Choice {
	return choice(func(r *Request) { r.Measuring.Trust = true })
}

// Measured picks the metrics that are computed for every map. The last one given counts; [Trusted] adds to it.
func Measured(m Measuring) Choice {
	return choice(func(r *Request) { r.Measure(m) })
}
