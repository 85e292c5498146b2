package device

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Borrow moves variables that another backend holds, such as those of a model that was just trained there, into the
// host's memory, where b can read them: in GoMLX a tensor is on one backend at a time. It returns a function that takes
// them off b again. Variables in the host's memory or on b stay as they are.
func Borrow(store *model.Store, b *Backend) (giveBack func() error, err error) {
	var borrowed []*tensors.Tensor
	before := hold(store)
	giveBack = func() error { return before.blame(store, moveToHost(borrowed)) }
	for v := range store.IterVariables() {
		if !v.HasValue() {
			continue
		}
		t, err := v.Value()
		if err != nil {
			return giveBack, before.blame(store, fmt.Errorf("reading the variable %s: %w", v.Path(), Root(err)))
		}
		if !t.IsOnAnyDevice() {
			continue
		}
		if holder, err := t.Backend(); err == nil && holder != b.Backend {
			borrowed = append(borrowed, t)
		}
	}
	return giveBack, before.blame(store, moveToHost(borrowed))
}

// moveToHost moves tensors into the host's memory, where any backend can read them.
func moveToHost(ts []*tensors.Tensor) error {
	for _, t := range ts {
		if err := t.ToLocal(); err != nil {
			return fmt.Errorf("moving a variable between backends: %w", Root(err))
		}
	}
	return nil
}
