// Package cam holds the maths of the class activation maps: pure functions of a
// layer's activations and of the score's gradient there. One method a file.
package cam

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// Method is a way to make a map of activations and gradients. A method is a
// value; the zero value is none.
type Method struct {
	Name    string   // as in the paper, e.g. "Grad-CAM"
	Aliases []string // other names in use, e.g. pytorch-grad-cam's class
	Paper   string   // authors, year, identifier
	Formula string   // the formula with the paper's equation numbers
	Unit    string   // of the map; empty for the score's own

	// Map combines activations and gradients, both [batch, h, w, channels], into
	// a signed map [batch, h, w], before ReLU and without normalising.
	Map func(act, grad *Node) *Node
}

var all []Method

func register(m Method) Method {
	all = append(all, m)
	return m
}

// All returns every method, by name.
func All() []Method {
	return slices.SortedFunc(slices.Values(all), func(a, b Method) int { return strings.Compare(a.Name, b.Name) })
}

// ByName finds a method by its name in the paper or in pytorch-grad-cam; case,
// dashes, underscores and spaces do not matter.
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
	return Method{}, fmt.Errorf("there is no method %q; there are %s", name, strings.Join(names, ", "))
}

func fold(name string) string {
	name = strings.NewReplacer("-", "", "_", "", " ", "", "++", "plusplus").Replace(strings.ToLower(name))
	return strings.ReplaceAll(name, "+", "plus")
}
