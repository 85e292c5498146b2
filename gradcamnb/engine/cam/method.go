// Package cam computes the maps of the methods that read a model's layers. Every method has
// a file of its own.
package cam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/nearest"
	"github.com/gradcam-go/gradcam/internal/place"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// Method describes a method and computes its map. The zero value is no method.
type Method struct {
	Name    string   // as in the paper, e.g. "Grad-CAM"
	Aliases []string // other names in use, e.g. that of pytorch-grad-cam's class
	Paper   string   // authors, year, identifier
	Formula string   // the formula with the paper's equation numbers
	Unit    string   // of the map; empty if it is that of the score

	// KeepsCells is true if a cell of the map is made of that cell's values alone, without a mean
	// over the layer. What comes from few cells is then not lost.
	KeepsCells bool

	// Plane is true if the method has no map of a volume: it reads a cell's neighbours in a plane, and in a volume they
	// lie in three directions.
	Plane bool

	// Spreads is true if the method spreads a layer over the whole picture, as a mask or under its mirror image. It has no
	// map if the model cuts off a part of the picture, or pads it, before the layer.
	Spreads bool

	Passes string // what it costs, e.g. "1 forward, 1 backward"
	Use    string // when to take it
	Peers  string // how other libraries differ; empty if they agree
	NoPeer string // why it is compared with no library's numbers; empty if it is

	Procedure Procedure // how the map is made
}

var all []Method

// Register adds a method, so that gradcamnb.Methods finds it by its name, and returns it. Call it when a package is
// initialised, as in the declaration of a variable. It panics if the method has no name or no Procedure, or if another
// method has one of its names, also one of package perturb.
//
// The engine of a notebook's kernel does not know the methods of a cell. A cell with a method of its own opens the
// model with engine.Open.
func Register(m Method) Method {
	if m.Name == "" || m.Procedure == nil {
		panic(fmt.Sprintf("cam: the method %q needs a Name and a Procedure", m.Name))
	}
	ClaimNames(m.Name, m.Aliases...)
	all = append(all, m)
	return m
}

// owners are the methods that have a name, by the folded name.
var owners = map[string]string{}

// ClaimNames takes names for a method. It panics if another method has one of them, or if a name has parentheses, which
// stand around what a method is made of. [Register] claims the names of the methods of layers; those of package perturb
// are claimed, too.
func ClaimNames(method string, aliases ...string) {
	names := append([]string{method}, aliases...)
	for _, name := range names {
		switch other, taken := owners[fold(name)]; {
		case strings.ContainsAny(name, "()"):
			panic(fmt.Sprintf("cam: the method %q cannot have the name %q: parentheses stand around what a method is made of", method, name))
		case taken:
			panic(fmt.Sprintf("cam: the method %q cannot have the name %q, which is one of %q", method, name, other))
		}
	}
	for _, name := range names {
		owners[fold(name)] = method
	}
}

// All returns every method, by name.
func All() []Method {
	return slices.SortedFunc(slices.Values(all), func(a, b Method) int { return strings.Compare(a.Name, b.Name) })
}

// ByName returns the method with a name or alias; case, dashes, underscores and spaces do
// not matter. A method that is made of another takes its name in parentheses, as in
// "SESS(LayerCAM)". Without parentheses it is made of its usual one: "SESS" is
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
			return Method{}, fmt.Errorf("%s is not made of another method, so there is no method %q", m.Name, name)
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
	return Method{}, registry.NewUnknownError("method", name, names,
		place.Words("docs/methods.md", "gradcam explain --help"))
}

// wrap returns the method made of base.
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
	return strings.ReplaceAll(nearest.Fold(name), "+", "plus")
}
