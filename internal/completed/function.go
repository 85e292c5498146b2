package completed

import (
	"github.com/gomlx/compute"
)

// function is a function of the inner backend, with batch norm and scattered windows added.
type function struct {
	compute.Function
	of builder
}

// inner returns the function that the inner backend made.
func inner(f compute.Function) compute.Function {
	switch f := f.(type) {
	case function:
		return f.Function
	case plainFunction:
		return f.Function
	}
	return f
}

// Builder implements [compute.Function].
func (f function) Builder() compute.Builder { return f.of }

// Parent implements [compute.Function].
func (f function) Parent() compute.Function {
	p := f.Function.Parent()
	if p == nil {
		return nil
	}
	return f.of.function(p)
}

// Closure implements [compute.Function].
func (f function) Closure() (compute.Function, error) {
	c, err := f.Function.Closure()
	if err != nil {
		return nil, err
	}
	return f.of.function(c), nil
}

// Call implements [compute.Function].
func (f function) Call(g compute.Function, inputs ...compute.Value) ([]compute.Value, error) {
	return f.Function.Call(inner(g), inputs...)
}

// Sort implements [compute.Function].
func (f function) Sort(comparator compute.Function, axis int, isStable bool,
	inputs ...compute.Value) ([]compute.Value, error) {
	return f.Function.Sort(inner(comparator), axis, isStable, inputs...)
}

// While implements [compute.Function].
func (f function) While(cond, body compute.Function, initialState ...compute.Value) ([]compute.Value, error) {
	return f.Function.While(inner(cond), inner(body), initialState...)
}

// If implements [compute.Function].
func (f function) If(pred compute.Value, trueBranch, falseBranch compute.Function) ([]compute.Value, error) {
	return f.Function.If(pred, inner(trueBranch), inner(falseBranch))
}
