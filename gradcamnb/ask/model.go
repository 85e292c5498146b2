package ask

import (
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// Info describes a model.
type Info struct {
	Name   string       // of the model, from its file or its card
	SHA256 string       // of the model's file, hex; empty for a model that has none
	Input  []int        // declared shape of the input that is the picture, batch first; -1 if it is free
	Layout imgio.Layout // where the channels lie in the picture's tensor
	// the input that the model was opened with as the picture, model.onnx#name; empty if nobody had to say
	Picture string
	Inputs  []string            // the inputs besides the picture, with type and shape, in words
	Prep    *imgio.Prep         // how pictures are prepared; nil if nothing says it
	Labels  []string            // of the classes of the first output; nil if nothing names them
	Outputs []string            // the first one is the model's answer
	Heads   map[string][]string // names of the values of outputs, for models with several heads
	Detects bool                // the model's sidecar says how its detections are read
	Masks   bool                // and they have instance masks
	Backend string              // what computes, e.g. "xla:cpu"
}

// Elements returns the names of the classes or values that [Target.WithIndex] chooses from: the labels of the output
// that the target is about. It returns nil if nothing names them, or if the target has no elements.
func (i Info) Elements(t Target) []string {
	return t.Elements(kind.OutputsOf(i.Outputs, i.Heads, i.Labels))
}

// Channels returns the number of channels of the input that is the picture, or 0 if it is free.
func (i Info) Channels() int {
	at := 1
	if i.Layout == imgio.ChannelsLast {
		at = len(i.Input) - 1
	}
	if at < 0 || at >= len(i.Input) {
		return 0
	}
	return max(i.Input[at], 0)
}

// Layer is a place in a model at which a map can be made.
type Layer struct {
	Name           string `json:"name"`                      // tensor name, or node alias
	Path           string `json:"path"`                      // module path of the source network; empty if the file carries none
	Op             string `json:"op"`                        // the operator that makes it, e.g. "Relu"
	Shape          []int  `json:"shape"`                     // as the model has it, batch first
	Grid           [2]int `json:"grid"`                      // height and width of a map there; zero if it has no spatial size
	Slices         int    `json:"slices,omitempty"`          // of a volume, whose rows the grid counts together; 0 of a picture
	Channels       int    `json:"channels,omitempty"`        // of a map there
	WithoutPicture bool   `json:"without_picture,omitempty"` // it depends only on another input, and not on the picture
	Feeds          bool   `json:"feeds"`                     // it feeds the model's first output
	Level          bool   `json:"level,omitempty"`           // it is the last map before a detector's heads, of one of its levels
	Suggested      bool   `json:"suggested"`                 // it is what Explain takes when no layer is named
	Why            string `json:"why,omitempty"`             // why it is suggested
}

// Cells returns the size of a map at the layer: height and width, or slices, height and width for a volume. It returns
// nil if the layer has no spatial size.
func (l Layer) Cells() []int {
	switch {
	case l.Grid[0] == 0:
		return nil
	case l.Slices > 0:
		return []int{l.Slices, l.Grid[0] / l.Slices, l.Grid[1]}
	}
	return l.Grid[:]
}
