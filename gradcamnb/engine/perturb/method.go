// Package perturb explains without gradients: it hides parts of the picture, or of
// a layer, runs the model again and watches what the target scores. One method a
// file.
package perturb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Method is a way to make maps from forward passes alone. The zero value is none.
type Method struct {
	Name    string   // as in the paper, e.g. "RISE"
	Aliases []string // other names in use
	Paper   string   // authors, year, identifier
	Formula string
	Passes  string // of the model for one picture, in words

	AtLayers bool // a map is made at every layer of the request

	// Explain makes the maps of a subject: for every aim, then for every layer where
	// the method is AtLayers. Of a map it fills in the values (Grid, Raw, and StdErr and
	// Sampled where it draws); the engine adds what is known about the target. Where
	// ctx ends it returns what there is so far with the context's error.
	Explain func(ctx context.Context, s *Subject, hear Hear) ([]*heatmap.Map, error)
}

// Hear is told how many passes are done. Partial makes the maps so far and is
// called at once or never; it is nil where the method has none before its end.
type Hear func(done, total int, partial func() ([]*heatmap.Map, error)) error

var all []Method

func register(m Method) Method {
	all = append(all, m)
	return m
}

// All returns every method, by name.
func All() []Method {
	return slices.SortedFunc(slices.Values(all), func(a, b Method) int { return strings.Compare(a.Name, b.Name) })
}

// ByName finds a method; case, dashes, underscores and spaces do not matter.
func ByName(name string) (Method, error) {
	var names []string
	for _, m := range All() {
		for _, n := range append([]string{m.Name}, m.Aliases...) {
			if fold(n) == fold(name) {
				return m, nil
			}
		}
		names = append(names, m.Name)
	}
	return Method{}, fmt.Errorf("there is no forward-only method %q; there are %s", name, strings.Join(names, ", "))
}

func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}
