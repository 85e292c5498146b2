package source

import (
	"fmt"
	"maps"

	"github.com/gomlx/gomlx/ml/model"
)

// Twin returns a model of the same file with a store of its own, for an engine on another backend: in GoMLX a weight is
// on one backend at a time. The file is not read again, and the twin knows what was found out about the model so far.
func Twin(m Model) (Model, error) {
	o, ok := m.(*onnxModel)
	if !ok {
		return nil, fmt.Errorf("model %s was not read from a file, and has no twin", m.Card().Name)
	}
	twin := &onnxModel{card: o.card, proto: o.proto, store: model.NewStore(), options: o.options, bare: o.bare,
		files: o.files, views: map[string]*onnxModel{}}
	o.mu.Lock()
	twin.layers = maps.Clone(o.layers)
	o.mu.Unlock()
	o.fitting.Lock()
	twin.batchings = maps.Clone(o.batchings)
	o.fitting.Unlock()
	return twin, nil
}

// AreTwins tells whether two models are made of what was read of a file once, weights and labels included.
func AreTwins(a, b Model) bool {
	x, isX := a.(*onnxModel)
	y, isY := b.(*onnxModel)
	return isX && isY && x.proto == y.proto
}
