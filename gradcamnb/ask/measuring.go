package ask

import (
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// DefaultSteps is the number of steps in which a picture is shown or hidden if Measuring names none.
const DefaultSteps = 8

// Measuring says which metrics are computed for every map. The engine computes them by showing the model parts of the
// picture, and puts the values into the maps' Metrics.
type Measuring struct {
	Metrics []string `json:"metrics,omitempty"` // e.g. "insertion"; none means nothing is measured

	// Steps is the number of steps in which the picture is shown or hidden; zero means DefaultSteps. A map takes about
	// twice as many passes of the model.
	Steps int `json:"steps,omitempty"`

	// Baseline is what replaces a hidden part of the picture: "mean", "blur", "rise-blur" or "black" (package baseline).
	// Empty means what the metric's paper takes.
	Baseline string `json:"baseline,omitempty"`

	// Lead is the metric by which the best map of every picture and target is compared with the next best one; see
	// heatmap.Lead. It is computed besides Metrics. Empty means that maps are not compared.
	Lead string `json:"lead,omitempty"`

	// Within is how long measuring may take in pure Go. If all Steps take longer, fewer are taken, and at least 2. Zero
	// means that all are taken.
	Within time.Duration `json:"within,omitempty"`

	// Truths mark the object in each picture: 1 for its pixels, 0 for others. Give one grid for all pictures, or one for
	// each, and an empty one for a picture without a truth. Metrics that compare a map with a truth need it.
	Truths []heatmap.Grid `json:"-"`

	// Trust asks for tests of how far every map can be believed; see gradcamnb.Trusted.
	Trust bool `json:"trust,omitempty"`
}

// IsEmpty tells whether nothing is to be measured.
func (m Measuring) IsEmpty() bool { return len(m.Metrics) == 0 && m.Lead == "" && !m.Trust }

// Measure replaces the request's Measuring. If Trust was set before, it stays set.
func (r *Request) Measure(m Measuring) {
	m.Trust = m.Trust || r.Measuring.Trust
	r.Measuring = m
}
