package gradcamnb

import (
	"image"
	"maps"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Tensor is a model input as it stands: no preprocessing. Dims has the batch first.
type Tensor struct {
	Dims   []int
	Values []float32
}

// Request is one call of an engine: what to explain, of what, where and how.
type Request struct {
	Pictures []image.Image `json:"-"`
	Tensor   *Tensor       `json:"-"` // instead of pictures

	Inputs map[string]Tensor `json:",omitempty"` // values of the inputs beside the picture, by name

	Boxes []image.Rectangle // the part of each picture that the model sees, one for all or one a picture; none means the whole

	Prep    *imgio.Prep // instead of the model's own preprocessing
	Layers  []string    // tensor names, module paths or aliases; none means the suggested one
	Methods []string    // none means Grad-CAM
	Targets []Target    // none means the prediction, Top(1), or of a detector the surest detection
	Reading Reading     // of a detector's outputs

	Sampling  Sampling  // of the methods that hide parts of the picture
	Measuring Measuring // of every map

	Progress func(Progress) `json:"-"` // hears how far a method of many passes is; nil where nobody listens

	onlyCounts bool // Progress takes no maps, which need not cross a socket
}

// Reading says how the outputs of a detector are read, where not as its sidecar says.
type Reading struct {
	Decoder   string  // by name, e.g. "yolov8"
	Threshold float64 // confidence that makes a candidate a detection
	NMS       float64 // IoU from which the weaker of two detections of a class goes; 1 keeps all
}

// With is the request with the choices added.
func (r Request) With(choices ...Choice) Request {
	for _, c := range choices {
		c.choose(&r)
	}
	return r
}

// Progress is how far a method of many passes is.
type Progress struct {
	Done, Total int               // passes of the model
	Partial     []*heatmap.Result // the maps so far; nil where the method has none before its end
}

// Choice is something that the user picks for an explanation: a [Target], a
// layer, a method or a preprocessing.
type Choice interface{ choose(*Request) }

// A request is the choice of all that it says, but of no picture.
func (r Request) choose(to *Request) {
	r.Pictures, r.Tensor = to.Pictures, to.Tensor
	*to = r
}

func (t Target) choose(r *Request) { r.Targets = append(r.Targets, t) }

type choice func(*Request)

func (c choice) choose(r *Request) { c(r) }

// InBox has the model see a part of the picture only, such as an object whose attributes
// are explained: one box for all pictures, or one a picture, in pixels from the picture's
// top left corner. Maps lie in the frame of the whole picture all the same.
func InBox(boxes ...image.Rectangle) Choice {
	return choice(func(r *Request) { r.Boxes = append(r.Boxes, boxes...) })
}

// Input gives a value to an input of the model beside the picture: a vector of numbers
// about it, a second picture (see [Model.Prepare]), a constant of the export. An input
// that has a row for every picture takes one for all or one a picture; its axis may be
// left out where it is one for all.
func Input(name string, value Tensor) Choice {
	return choice(func(r *Request) {
		inputs := maps.Clone(r.Inputs) // requests share theirs
		if inputs == nil {
			inputs = map[string]Tensor{}
		}
		inputs[name] = value
		r.Inputs = inputs
	})
}

// Numbers is a vector as the value of an [Input].
func Numbers(values ...float32) Tensor { return Tensor{[]int{len(values)}, values} }

// withoutPictures is the request for a call that needs no pictures.
func (r Request) withoutPictures() Request {
	r.Pictures, r.Tensor, r.Targets, r.Progress = nil, nil, nil, nil
	return r
}

// Layers picks the layers to explain at, by tensor name, module path or alias; see also
// [AllLayers] and [StageLayers].
func Layers(names ...string) Choice {
	return choice(func(r *Request) { r.Layers = append(r.Layers, names...) })
}

// Methods picks the methods, by their names in the papers or in pytorch-grad-cam.
func Methods(names ...string) Choice {
	return choice(func(r *Request) { r.Methods = append(r.Methods, names...) })
}

// Read picks how the outputs of a detector are read.
func Read(how Reading) Choice { return choice(func(r *Request) { r.Reading = how }) }

// Prepared replaces the model's own preprocessing.
func Prepared(p imgio.Prep) Choice {
	return choice(func(r *Request) { r.Prep = &p })
}
