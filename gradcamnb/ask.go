package gradcamnb

import "github.com/gradcam-go/gradcam/gradcamnb/ask"

// The plain data of package ask, under the names that who explains uses.
type (
	// Request is one call: what to explain, of what, where and how.
	Request = ask.Request
	// Choice is something that the user picks for an explanation; see [ask.Choice] for the rule by which choices add up.
	Choice = ask.Choice
	// InputChoice is a choice that says what the model's inputs are.
	InputChoice = ask.InputChoice
	// Target says what is explained.
	Target = ask.Target
	// Tensor is a model input as it stands, with the batch first.
	Tensor = ask.Tensor
	// Reading says how the outputs of a detector are read.
	Reading = ask.Reading
	// Sampling says how the methods that hide parts of the picture go about it.
	Sampling = ask.Sampling
	// Measuring says what is measured of every map.
	Measuring = ask.Measuring
	// Progress is how far a method of many passes is.
	Progress = ask.Progress
	// Info describes a model.
	Info = ask.Info
	// Layer is a place in a model to explain at.
	Layer = ask.Layer
)
