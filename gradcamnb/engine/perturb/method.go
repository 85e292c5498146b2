// Package perturb explains by many passes of the model: it hides or changes parts of the
// picture or of a layer, runs the model again, and compares the target's scores. Every
// method has a file of its own.
package perturb

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// Method is a method of many passes of the model. The zero value is no method.
type Method struct {
	Name    string   // as in the paper, e.g. "RISE"
	Aliases []string // other names in use
	OfBoxes string   // its name if a detection is explained; empty if that is Name
	Paper   string   // authors, year, identifier
	Formula string   // with the paper's equation numbers
	Passes  string   // of the model for one picture, in words
	Use     string   // when to take it
	Peers   string   // how other libraries differ; empty if they agree

	AtLayers bool // it makes a map at every layer of the request
	Slopes   bool // its passes take gradients of the score
	Plane    bool // it has no map of a volume, because it reads a cell's neighbours in a plane
	Spreads  bool // it has no map of a layer before which the model cuts off a part of the picture, or pads it

	// Explain makes the maps of a subject: one for every aim or, if the method is AtLayers,
	// for every aim and every layer. It fills in the values of a map: Grid, Raw and, if it
	// draws random masks, StdErr and Sampled. The engine adds what is known about the target.
	// If ctx ends, it returns the maps so far with the context's error.
	Explain func(ctx context.Context, s *Subject, report Listener) ([]*heatmap.Map, error)
}

// Listener is called after every pass with the number of passes done. partial returns the
// maps so far and must not be called after the Listener has returned. It is nil if the method
// has no maps before its end.
type Listener func(done, total int, partial func() ([]*heatmap.Map, error)) error

// Title returns the method's name on a map of a detection, or of another target.
func (m Method) Title(ofBox bool) string {
	if ofBox && m.OfBoxes != "" {
		return m.OfBoxes
	}
	return m.Name
}

// names returns the method's name, and then its other names.
func (m Method) names() []string {
	names := append([]string{m.Name}, m.Aliases...)
	if m.OfBoxes != "" {
		names = append(names, m.OfBoxes)
	}
	return names
}

var all = registry.New("forward-only method", Method.names, nil)

func register(m Method) Method {
	names := m.names()
	cam.ClaimNames(names[0], names[1:]...)
	return all.Add(m)
}

// All returns every method, by name.
func All() []Method { return all.All() }

// ByName returns the method with a name or alias; case, dashes, underscores and spaces do
// not matter.
func ByName(name string) (Method, error) { return all.Find(name) }
