package ask

import (
	"image"
	"maps"
	"reflect"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Tensor is a ready-made model input: the engine does not preprocess it. Dims has the batch first.
type Tensor struct {
	Dims   []int     `json:"dims"`   // shape, batch first
	Values []float32 `json:"values"` // row by row
}

// Request is one call of an engine: the pictures, what to explain of them, at which layers and by which methods.
type Request struct {
	Pictures []image.Image `json:"-"` // what is explained, each by itself
	Tensor   *Tensor       `json:"-"` // instead of pictures

	Inputs map[string]Tensor `json:"inputs,omitempty"` // values of the inputs besides the picture, by name

	// the part of each picture that the model sees, one for all or one for each picture; none means the whole
	Boxes []image.Rectangle `json:"boxes,omitempty"`

	Prep    *imgio.Prep `json:"prep,omitempty"`    // instead of the model's own preprocessing
	Layers  []string    `json:"layers,omitempty"`  // tensor names, module paths or aliases; none means the suggested one
	Methods []string    `json:"methods,omitempty"` // none means Grad-CAM
	// none means the prediction, Top(1), or of a detector the surest detection
	Targets []Target `json:"targets,omitempty"`
	Reading Reading  `json:"reading,omitzero"` // of a detector's outputs

	Sampling  Sampling  `json:"sampling,omitzero"`  // of the methods that hide parts of the picture
	Measuring Measuring `json:"measuring,omitzero"` // of every map

	Progress func(Progress) `json:"-"` // is told how far a method of many passes is; nil if nobody listens

	OnlyCounts bool `json:"-"` // Progress takes no maps, so they are not sent

	// every map is made by the engine's own backend, and none by pure Go while XLA still compiles, so that the numbers
	// of many requests can be compared to the last bit
	Steady bool `json:"steady,omitempty"`

	Series bool `json:"-"` // more requests about other pictures follow, so a value of an input is one for all pictures
}

// Reading says how the outputs of a detector are read, if not as its sidecar says.
type Reading struct {
	Decoder   string  `json:"decoder,omitempty"`   // by name, e.g. "yolov8"
	Threshold float64 `json:"threshold,omitempty"` // confidence that makes a candidate a detection
	// IoU from which the weaker of two detections of a class goes; 1 keeps all
	NMS float64 `json:"nms,omitempty"`
}

// With returns the request with the choices added.
func (r Request) With(choices ...Choice) Request {
	for _, c := range choices {
		c.Choose(&r)
	}
	return r
}

// Progress says how many of its passes a method has done.
type Progress struct {
	Done, Total int               // passes of the model
	Partial     []*heatmap.Result // the maps so far; nil if the method has none before its end
}

// Choice is something that the user picks for an explanation: a [Target], a
// layer, a method or a preprocessing. Package gradcamnb has the functions that make choices.
//
// One rule holds for all of them. Choices of which there may be several add up, in the order
// given: targets, Layers, Methods, InBox, Trusted, and Input by the name of the input. Of every
// other kind (Prepared, Read, Sampled, Measured) there is one, and the last one given
// counts. A [Request] as a choice is all the choices that it holds: Again of a figure and
// then Methods("LayerCAM") explains with LayerCAM, too.
type Choice interface{ Choose(*Request) }

// InputChoice is a choice about the model's inputs: Prepared or Input, or a whole [Request], of which only these two
// are used.
type InputChoice interface {
	Choice
	SaysInputs()
}

// Choose adds every choice that the request holds to another one. It leaves out the pictures and the tensor, which are
// no choices.
func (r Request) Choose(to *Request) {
	inputs := maps.Clone(to.Inputs)
	if inputs == nil {
		inputs = map[string]Tensor{}
	}
	maps.Copy(inputs, r.Inputs)
	if len(inputs) > 0 {
		to.Inputs = inputs
	}
	to.Boxes = slices.Concat(to.Boxes, r.Boxes)
	to.Layers = slices.Concat(to.Layers, r.Layers)
	to.Methods = slices.Concat(to.Methods, r.Methods)
	to.Targets = slices.Concat(to.Targets, r.Targets)
	if r.Prep != nil {
		to.Prep = r.Prep
	}
	if r.Reading != (Reading{}) {
		to.Reading = r.Reading
	}
	if r.Progress != nil {
		to.Progress = r.Progress
	}
	to.Steady = to.Steady || r.Steady
	if !reflect.DeepEqual(r.Sampling, Sampling{}) {
		to.Sampling = r.Sampling
	}
	if !reflect.DeepEqual(r.Measuring, Measuring{}) {
		to.Measure(r.Measuring)
	}
}

// SaysInputs does nothing; it makes a request an [InputChoice].
func (r Request) SaysInputs() {}

// WithoutPictures returns the request without pictures, tensor, targets and Progress, for a call that needs none.
func (r Request) WithoutPictures() Request {
	r.Pictures, r.Tensor, r.Targets, r.Progress = nil, nil, nil, nil
	return r
}
