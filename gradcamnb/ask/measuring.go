package ask

import "github.com/gradcam-go/gradcam/gradcamnb/heatmap"

// DefaultSteps is the number of steps in which a picture is shown or hidden if Measuring names none.
const DefaultSteps = 8

// Measuring says what is measured of every map, by showing the model parts of the
// picture again. The values stand in the maps' Metrics.
type Measuring struct {
	Metrics []string `json:"metrics,omitempty"` // e.g. "insertion"; none means nothing is measured

	// Steps is how many times more of the picture is shown or taken away; zero means
	// DefaultSteps. A map takes about twice as many passes of the model.
	Steps int `json:"steps,omitempty"`

	// Baseline is what is seen where the picture is hidden: "mean", "blur" or "black".
	// Empty means what the metric's paper takes.
	Baseline string `json:"baseline,omitempty"`

	// Truths say where the object is, by pixel of each picture: 1 on it, 0 elsewhere. One for each
	// picture; empty for a picture that has none. Metrics that compare with a truth need it.
	Truths []heatmap.Grid `json:"-"`

	// Trust asks how far every map can be believed; see gradcamnb.Trusted.
	Trust bool `json:"trust,omitempty"`
}

// Measure sets what is measured of every map. Trust stays set once it is.
func (r *Request) Measure(m Measuring) {
	m.Trust = m.Trust || r.Measuring.Trust
	r.Measuring = m
}
