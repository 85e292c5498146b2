package completed

import (
	"github.com/gomlx/compute"
)

// function is a function of the inner backend, with batch norm added.
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

// BatchNormForInference implements [compute.StandardOps]:
//
//	y = (x - mean) scale / sqrt(variance + epsilon) + offset
//
// x is [...] with the channels in featureAxis; the other four are [channels].
func (f function) BatchNormForInference(x, scale, offset, mean, variance compute.Value, epsilon float32,
	featureAxis int) (compute.Value, error) {
	shape, err := f.Shape(x)
	if err != nil {
		return nil, err
	}
	vector, err := f.Shape(variance)
	if err != nil {
		return nil, err
	}
	var steps chain
	whole := func(v compute.Value) compute.Value { // broadcast over all axes except the channels'
		return steps.do(func() (compute.Value, error) { return f.BroadcastInDim(v, shape, []int{featureAxis}) })
	}
	e := steps.do(func() (compute.Value, error) { return f.Constant([]float32{epsilon}) })
	e = steps.do(func() (compute.Value, error) { return f.ConvertDType(e, vector.DType) })
	e = steps.do(func() (compute.Value, error) { return f.BroadcastInDim(e, vector, nil) })
	root := steps.do(func() (compute.Value, error) { return f.Add(variance, e) })
	root = steps.do(func() (compute.Value, error) { return f.Sqrt(root) })
	slope := steps.do(func() (compute.Value, error) { return f.Div(scale, root) })
	means, slopes, offsets := whole(mean), whole(slope), whole(offset)
	y := steps.do(func() (compute.Value, error) { return f.Sub(x, means) })
	y = steps.do(func() (compute.Value, error) { return f.Mul(y, slopes) })
	y = steps.do(func() (compute.Value, error) { return f.Add(y, offsets) })
	return y, steps.err
}

// chain runs steps until one fails.
type chain struct{ err error }

func (c *chain) do(step func() (compute.Value, error)) (v compute.Value) {
	if c.err == nil {
		v, c.err = step()
	}
	return v
}
