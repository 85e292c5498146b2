// Package completed adds to GoMLX's pure-Go backend what models made of GoMLX's own layers need and the backend lacks:
// batch norm, and windows that are scattered to their places. It copies less for broadcasts and transpositions. After a
// product with vector instructions it clears the vector registers, without which everything else would be slow. It also
// removes fused operators from graphs whose name begins with [PlainPrefix]: the walk through a model, guided gradients
// and second derivatives need the operators that a fused one replaces.
package completed

import (
	"maps"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// PlainPrefix is the beginning of the name of a graph that is built without fused operators.
const PlainPrefix = "plain "

// Backend returns the backend with the missing operators added.
func Backend(b compute.Backend) compute.Backend { return backend{b} }

type backend struct{ compute.Backend }

// Capabilities implements [compute.Backend]. It announces no fused operators, because later versions of GoMLX build an
// announced one without writing it out, in plain graphs, too. Operators that are not announced are tried. It does not
// want variables as constants either, as later versions do: a program would keep the weights that it was compiled with
// while they are trained, and their names would be lost.
func (b backend) Capabilities() compute.Capabilities {
	c := b.Backend.Capabilities()
	c.Operations, c.PreferConstantsForVariables = maps.Clone(c.Operations), false
	maps.DeleteFunc(c.Operations, func(op compute.OpType, _ bool) bool { return strings.HasPrefix(op.String(), "Fused") })
	return c
}

// Builder implements [compute.Backend].
func (b backend) Builder(name string) compute.Builder {
	return builder{b.Backend.Builder(name), b, strings.HasPrefix(name, PlainPrefix), map[compute.Value]compute.Value{}}
}

// BufferFromFlatData implements [compute.DataInterface].
func (b backend) BufferFromFlatData(device compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	return b.wrapBuffer(b.Backend.BufferFromFlatData(device, flat, shape))
}

// NewSharedBuffer implements [compute.DataInterface].
func (b backend) NewSharedBuffer(device compute.DeviceNum, shape shapes.Shape) (compute.Buffer, any, error) {
	inner, flat, err := b.Backend.NewSharedBuffer(device, shape)
	if err != nil {
		return nil, nil, err
	}
	return buffer{inner, b}, flat, nil
}

func (b backend) wrapBuffer(inner compute.Buffer, err error) (compute.Buffer, error) {
	if err != nil {
		return nil, err
	}
	return buffer{inner, b}, nil
}

// buffer is a buffer that belongs to this backend: a tensor is on one backend only.
type buffer struct {
	compute.Buffer
	on backend
}

// Backend implements [compute.Buffer].
func (b buffer) Backend() compute.Backend { return b.on }

// CopyToDevice implements [compute.Buffer].
func (b buffer) CopyToDevice(device compute.DeviceNum) (compute.Buffer, error) {
	return b.on.wrapBuffer(b.Buffer.CopyToDevice(device))
}

type executable struct {
	compute.Executable
	on backend
}

// Execute implements [compute.Executable].
func (e executable) Execute(inputs []compute.Buffer, donate []bool,
	device compute.DeviceNum) ([]compute.Buffer, error) {
	inner := make([]compute.Buffer, len(inputs))
	for i, in := range inputs {
		inner[i] = in
		if b, ok := in.(buffer); ok {
			inner[i] = b.Buffer
		}
	}
	out, err := e.Executable.Execute(inner, donate, device)
	for i, b := range out {
		out[i] = buffer{b, e.on}
	}
	return out, err
}

type builder struct {
	compute.Builder
	on    backend
	plain bool

	cleared map[compute.Value]compute.Value // what readers of a product get; the backend makes equal products once
}

// Main implements [compute.Builder].
func (b builder) Main() compute.Function { return b.function(b.Builder.Main()) }

// NewFunction implements [compute.Builder].
func (b builder) NewFunction(name string) (compute.Function, error) {
	f, err := b.Builder.NewFunction(name)
	if err != nil {
		return nil, err
	}
	return b.function(f), nil
}

// Compile implements [compute.Builder].
func (b builder) Compile() (compute.Executable, error) {
	e, err := b.Builder.Compile()
	if err != nil {
		return nil, err
	}
	return executable{e, b.on}, nil
}

func (b builder) function(f compute.Function) compute.Function {
	if b.plain {
		return plainFunction{function{f, b}, lackingFused}
	}
	return function{f, b}
}
