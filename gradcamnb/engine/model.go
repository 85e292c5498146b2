package engine

import (
	"context"
	"fmt"
	"path"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/border"
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/waiting"
)

// Open is like [gradcamnb.Open], but opens the model in this process even in a notebook, whose kernel has an engine of
// its own. Targets that are functions of the program need that; see [Target].
func Open(ref string) (*gradcamnb.Model, error) {
	return Default().OpenModel(context.Background(), ref)
}

// OpenModel is like [gradcamnb.OpenContext], but opens the model with this engine, such as New("xla:cpu"), instead of
// the process's or the kernel's.
func (e *Engine) OpenModel(ctx context.Context, ref string) (m *gradcamnb.Model, err error) {
	defer border.Recover(&err)
	w := waiting.Start("opening " + path.Base(ref))
	defer w.End()
	s, err := e.OpenContext(ctx, ref)
	if err != nil {
		return nil, err
	}
	return gradcamnb.NewModel(s), nil
}

// MustOpen is like Open, but panics with the error.
func MustOpen(ref string) *gradcamnb.Model { return must.Get(Open(ref)) }

// Layer names a node of a graph function, so that it can be explained as a layer, and returns the node:
//
//	x = engine.Layer(activation.Relu(x), "/block1")
//
// Other layers have the names of the scopes of their weights. If a name is given twice, for example because a function
// is called twice, the second layer is "/block1#2". Node.WithAlias names a layer, too, but panics in this case.
func Layer(x *graph.Node, alias string) *graph.Node { return source.NamedLayer(x, alias) }

// Model returns a GoMLX model, which is a store and a graph function, as a model that the process's engine explains.
// Layers have the names of the scopes of their weights. See [source.GoMLX] for what the card must say.
func Model(c source.Card, store *model.Store, fn source.GraphFn) (*gradcamnb.Model, error) {
	m, err := source.GoMLX(c, store, fn)
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	return gradcamnb.NewModel(Default().Session(m)), nil
}

// ModelWithInputs is like Model, for a graph function that takes inputs besides the picture. The card's Inputs name
// them, and [gradcamnb.Input] gives their values.
func ModelWithInputs(c source.Card, store *model.Store, fn source.InputsFn) (*gradcamnb.Model, error) {
	m, err := source.GoMLXWithInputs(c, store, fn)
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	return gradcamnb.NewModel(Default().Session(m)), nil
}

// MustModel is like Model, but panics with the error.
func MustModel(c source.Card, store *model.Store, fn source.GraphFn) *gradcamnb.Model {
	return must.Get(Model(c, store, fn))
}

// Backend returns the backend of the process's engine, for a program that trains the model that it explains. A model
// that was trained on another backend can be explained, too; its variables are then moved for every explanation.
func Backend() (compute.Backend, error) {
	b, err := Default().startedBackend()
	if err != nil {
		return nil, err
	}
	return b.Backend, nil
}

// MustBackend is like Backend, but panics with the error.
func MustBackend() compute.Backend {
	return must.Get(Backend())
}
