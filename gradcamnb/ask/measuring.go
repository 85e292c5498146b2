package ask

import "github.com/gradcam-go/gradcam/gradcamnb/heatmap"

// DefaultSteps is the number of steps in which a picture is shown or hidden if Measuring names none.
const DefaultSteps = 8

// Measuring says which metrics are computed for every map. The engine computes them by showing the model parts of the
// picture, and puts the values into the maps' Metrics.
type Measuring struct {
	Metrics []string `json:"metrics,omitempty"` // e.g. "insertion"; none means nothing is measured

	// Steps is the number of steps in which the picture is shown or hidden; zero means DefaultSteps. A map takes about
	// twice as many passes of the model.
	Steps int `json:"steps,omitempty"`

	// Baseline is what replaces a hidden part of the picture: "mean", "blur" or "black". Empty means what the metric's
	// paper takes.
	Baseline string `json:"baseline,omitempty"`

	// Truths mark the object in each picture: 1 for its pixels, 0 for others. Give one grid a picture, and an empty one
	// for a picture without a truth. Metrics that compare a map with a truth need it.
	Truths []heatmap.Grid `json:"-"`

	// Trust asks for tests of how far every map can be believed; see gradcamnb.Trusted.
	Trust bool `json:"trust,omitempty"`
}

// Measure replaces the request's Measuring. If Trust was set before, it stays set.
func (r *Request) Measure(m Measuring) {
	m.Trust = m.Trust || r.Measuring.Trust
	r.Measuring = m
}
