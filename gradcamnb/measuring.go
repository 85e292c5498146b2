package gradcamnb

import "github.com/gradcam-go/gradcam/gradcamnb/heatmap"

// DefaultSteps is how many times more of a picture is shown where nothing else is asked
// for.
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

	// Trust asks how far every map can be believed; see [Trusted].
	Trust bool `json:"trust,omitempty"`
}

// Trusted asks how far every map can be believed, in numbers and words: [heatmap.Map.Trust]. It
// compares the map with noise and with a bump in the middle by what they show the model, with the
// map of the model with random weights, with that of another class, and with those of pictures
// under noise that nobody sees. A map costs some 60 passes and 12 explanations.
func Trusted() Choice {
	return choice(func(r *Request) { r.Measuring.Trust = true })
}

// Measured picks what is measured of every map; beside that, [Trusted] holds wherever it is given.
func Measured(m Measuring) Choice {
	return choice(func(r *Request) {
		trust := r.Measuring.Trust
		r.Measuring = m
		r.Measuring.Trust = m.Trust || trust
	})
}
