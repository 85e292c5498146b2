package device

import (
	"fmt"
	"regexp"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// held holds the values that the variables of a store have at one time.
type held map[*model.Variable]*tensors.Tensor

func hold(store *model.Store) held {
	out := held{}
	for v := range store.IterVariables() {
		if t, err := v.Value(); err == nil && t.Ok() {
			out[v] = t
		}
	}
	return out
}

// lacking finds the variable in GoMLX's error for one that has no value when a program begins.
var lacking = regexp.MustCompile(`variable "([^"]*)" failed to initialize`)

// blame returns an error that says that a trainer has taken weights away, or replaced them, since their values were
// held, as a trainer does while it steps. It returns the error of the failed run if nothing of that kind has happened.
func (before held) blame(store *model.Store, err error) error {
	if err == nil {
		return nil
	}
	if found := lacking.FindStringSubmatch(err.Error()); found != nil { // it may have been put back since
		return newTakenError(found[1])
	}
	taken, name := false, ""
	for v := range store.IterVariables() {
		t, _ := v.Value()
		if was := before[v]; t != nil && !t.Ok() || was != nil && t != was {
			taken = true
			if v.Trainable && name == "" {
				name = v.Path()
			}
		}
	}
	if taken {
		return newTakenError(name)
	}
	return err
}

// newTakenError returns an error that says that weights are not there. name is the name of one of them, or empty.
func newTakenError(name string) error {
	if name != "" {
		name = " " + name
	}
	return fmt.Errorf("its weights%s are not there just now, as they are not while a trainer steps: explain in the loop's callbacks, as film.Watch does, and not from another goroutine", name)
}
