package gradcamnb

import "github.com/gradcam-go/gradcam/gradcamnb/ask"

// These types are the plain data of package ask, under the names that callers use.
type (
	// Request is one call: the pictures, what to explain of them, at which layers and by which methods.
	Request = ask.Request
	// Choice is something that the user picks for an explanation; see [ask.Choice] for the rule by which choices add up.
	Choice = ask.Choice
	// Target says what is explained.
	Target = ask.Target
	// Tensor is a ready-made model input, batch first.
	Tensor = ask.Tensor
	// Reading says how the outputs of a detector are read.
	Reading = ask.Reading
	// Sampling says how the methods that hide parts of the picture draw their masks.
	Sampling = ask.Sampling
	// Measuring says which metrics are computed for every map.
	Measuring = ask.Measuring
	// Progress says how many of its passes a method has done.
	Progress = ask.Progress
	// Info describes a model.
	Info = ask.Info
	// Layer is a place in a model to explain at.
	Layer = ask.Layer
)
