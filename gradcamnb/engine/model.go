package engine

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/must"
)

// Open is [gradcamnb.Open] within this process, also in a notebook, whose kernel has an
// engine of its own: for targets that are functions of the program, see [Target].
func Open(ref string) (*gradcamnb.Model, error) {
	s, err := Default().Open(ref)
	if err != nil {
		return nil, err
	}
	return gradcamnb.NewModel(s), nil
}

// MustOpen is Open that panics with the error.
func MustOpen(ref string) *gradcamnb.Model { return must.Get(Open(ref)) }

// Layer names a node of a graph function as a layer to explain at, and returns it:
//
//	x = engine.Layer(activation.Relu(x), "/block1")
//
// Layers have names without it, those of the scopes of their weights. If a name is given twice, as in a function that
// is called twice, the second is "/block1#2"; Node.WithAlias, which names a layer, too, panics there.
func Layer(x *graph.Node, alias string) *graph.Node { return source.NamedLayer(x, alias) }

// Model makes a GoMLX model, a store and a graph function, ready to be explained
// by the process's engine. Layers have the names of the scopes of their weights. See
// [source.GoMLX] for what the card must say.
func Model(c source.Card, store *model.Store, fn source.GraphFn) (*gradcamnb.Model, error) {
	m, err := source.GoMLX(c, store, fn)
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	return gradcamnb.NewModel(Default().Session(m)), nil
}

// ModelWithInputs is Model of a graph function that takes inputs besides the picture, which
// the card's Inputs name; their values are given with [gradcamnb.Input].
func ModelWithInputs(c source.Card, store *model.Store, fn source.InputsFn) (*gradcamnb.Model, error) {
	m, err := source.GoMLXWithInputs(c, store, fn)
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	return gradcamnb.NewModel(Default().Session(m)), nil
}

// MustModel is Model that panics with the error.
func MustModel(c source.Card, store *model.Store, fn source.GraphFn) *gradcamnb.Model {
	return must.Get(Model(c, store, fn))
}

// Backend is what the process's engine computes on, for a program that trains the
// model that it explains. A model that was trained on another backend is explained,
// too; its variables are then moved for every explanation.
func Backend() (compute.Backend, error) {
	b, err := Default().started()
	if err != nil {
		return nil, err
	}
	return b.Backend, nil
}

// MustBackend is Backend that panics with the error.
func MustBackend() compute.Backend {
	return must.Get(Backend())
}
