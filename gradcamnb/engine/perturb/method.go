// Package perturb explains without gradients: it hides parts of the picture, or of
// a layer, runs the model again and watches what the target scores. One method a
// file.
package perturb

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// Method is a way to make maps from forward passes alone. The zero value is none.
type Method struct {
	Name    string   // as in the paper, e.g. "RISE"
	Aliases []string // other names in use
	OfBoxes string   // its name where a detection is explained; empty if that is no other
	Paper   string   // authors, year, identifier
	Formula string   // with the paper's equation numbers
	Passes  string   // of the model for one picture, in words
	Use     string   // when to take it
	Peers   string   // where other libraries do something else; empty if they agree

	AtLayers bool // a map is made at every layer of the request
	Slopes   bool // its passes take gradients of the score
	Plane    bool // it looks at a cell's neighbours within a picture, and has no map of a volume

	// Explain makes the maps of a subject: for every aim, then for every layer where
	// the method is AtLayers. Of a map it fills in the values (Grid, Raw, and StdErr and
	// Sampled where it draws); the engine adds what is known about the target. Where
	// ctx ends it returns what there is so far with the context's error.
	Explain func(ctx context.Context, s *Subject, report Listener) ([]*heatmap.Map, error)
}

// Listener is told how many passes are done. Partial makes the maps so far and is
// called at once or never; it is nil if the method has none before its end.
type Listener func(done, total int, partial func() ([]*heatmap.Map, error)) error

// Title is the method's name on a map, of a detection or of another target.
func (m Method) Title(ofBox bool) string {
	if ofBox && m.OfBoxes != "" {
		return m.OfBoxes
	}
	return m.Name
}

var all = registry.New("forward-only method", func(v Method) []string {
	names := append([]string{v.Name}, v.Aliases...)
	if v.OfBoxes != "" {
		names = append(names, v.OfBoxes)
	}
	return names
})

func register(v Method) Method { return all.Add(v) }

// All returns every method, by name.
func All() []Method { return all.All() }

// ByName finds a method; case, dashes, underscores and spaces do not matter.
func ByName(name string) (Method, error) { return all.Find(name) }
