// Package cam holds the maths of the explanations: how a map is made of what a model
// shows. One method a file.
package cam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/registry"
)

// Method is a way to make a map. A method is a value; the zero value is none.
type Method struct {
	Name    string   // as in the paper, e.g. "Grad-CAM"
	Aliases []string // other names in use, e.g. pytorch-grad-cam's class
	Paper   string   // authors, year, identifier
	Formula string   // the formula with the paper's equation numbers
	Unit    string   // of the map; empty for the score's own

	// KeepsCells tells that a cell of the map is made of that cell's values alone, with no mean
	// over the layer, so that what comes from few cells is not lost.
	KeepsCells bool

	// Plane tells that the method looks at a cell's neighbours, which in a volume lie in three directions, so that it has
	// no map of one.
	Plane bool

	Passes string // what it costs, e.g. "1 forward, 1 backward"
	Use    string // when to take it
	Peers  string // where other libraries do something else; empty if they agree
	NoPeer string // why no golden numbers of a library are compared with it; empty if there are some

	Procedure Procedure // how the map is made
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
// dashes, underscores and spaces do not matter. A method that is made of another
// takes it in parentheses, "SESS(LayerCAM)", and has a usual one: "SESS" is
// "SESS(Grad-CAM)".
func ByName(name string) (Method, error) {
	outer, inner, composed := strings.Cut(strings.TrimSpace(name), "(")
	var names []string
	for _, m := range All() {
		names = append(names, m.Name)
		if !m.hasName(outer) {
			continue
		}
		of, made := m.Procedure.(Wrapper)
		switch {
		case !made && composed:
			return Method{}, fmt.Errorf("%s is not made of another method, so %q means nothing", m.Name, name)
		case !made:
			return m, nil
		case !composed:
			inner = of.Usual + ")"
		case !strings.HasSuffix(inner, ")"):
			return Method{}, fmt.Errorf("the method %q lacks a closing parenthesis", name)
		}
		base, err := ByName(strings.TrimSuffix(inner, ")"))
		if err != nil {
			return Method{}, err
		}
		return m.wrap(base)
	}
	return Method{}, registry.NewUnknownError("method", name, names)
}

// wrap is a method that is made of another, with that one filled in.
func (m Method) wrap(base Method) (Method, error) {
	of := m.Procedure.(Wrapper)
	how, err := of.Make(base)
	if err != nil {
		return Method{}, fmt.Errorf("%s(%s): %w", m.Name, base.Name, err)
	}
	if !base.hasName(of.Usual) {
		m.Name += "(" + base.Name + ")"
	}
	if m.Unit == "" {
		m.Unit = base.Unit
	}
	m.Procedure = how
	return m, nil
}

func (m Method) hasName(name string) bool {
	return slices.ContainsFunc(append([]string{m.Name}, m.Aliases...),
		func(n string) bool { return fold(n) == fold(name) })
}

func fold(name string) string {
	name = strings.NewReplacer("-", "", "_", "", " ", "", "++", "plusplus").Replace(strings.ToLower(name))
	return strings.ReplaceAll(name, "+", "plus")
}
