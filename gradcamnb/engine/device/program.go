package device

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/internal/trim"
)

// Program is a graph about a model. It is compiled for its backend when it first runs. One program of a backend runs
// at a time.
type Program struct {
	exec    *model.Exec
	backend *Backend
	passes  atomic.Int64
	ran     atomic.Bool
}

// Graph builds the outputs of a program from its inputs.
type Graph = func(scope *model.Scope, inputs []*graph.Node) []*graph.Node

// NewProgram prepares the program of a graph that takes its weights from the store. If the name is not empty, the
// compiled program is kept on disk.
func NewProgram(b *Backend, store *model.Store, name string, g Graph) (*Program, error) {
	exec, err := model.NewExec(b.Backend, store, g)
	if err != nil {
		return nil, fmt.Errorf("preparing the program: %w", Root(err))
	}
	if name != "" {
		exec.WithName(name)
	}
	return &Program{exec: exec, backend: b}, nil
}

// passesBetweenTrims is the number of passes after which memory that the C library keeps is given back. It is so large
// that this costs nothing, and so small that a long run needs no more memory than a short one.
const passesBetweenTrims = 32

// Pass runs the program once. If ctx ends while it is being compiled, Pass returns the error of ctx at once. Memory
// that compiling has left behind is given back before the second pass, and not after the first, which is often the only
// one.
func (p *Program) Pass(ctx context.Context, args ...*tensors.Tensor) (out []*tensors.Tensor, err error) {
	if n := p.passes.Add(1); n == 2 || n%passesBetweenTrims == 0 {
		trim.Memory()
	}
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a
	}
	before := hold(p.exec.Store())
	failed := exceptions.TryCatch[error](func() {
		if err = p.compile(ctx, args); err == nil {
			out, err = p.exec.Call(list...)
		}
	})
	if failed != nil {
		err = failed // GoMLX panics if a trainer uses a variable at the same time
	}
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return nil, before.blame(p.exec.Store(), err)
	}
	p.ran.Store(true)
	return out, nil
}

// compile compiles the program for arguments of these shapes, unless it has run. If ctx ends first, compile
// returns the error of ctx. Nothing can stop a compiler, so it goes on in the background; see [Backend.AfterCompiling].
// It uses no values, neither of the arguments nor of weights, which may change meanwhile.
//
// A backend that takes weights as constants would read their values while it builds the graph. There compile does
// nothing.
func (p *Program) compile(ctx context.Context, args []*tensors.Tensor) error {
	if ctx.Done() == nil || p.HasRun() || p.backend.Capabilities().PreferConstantsForVariables {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	dims := make([]shapes.Shape, len(args))
	for i, a := range args {
		dims[i] = a.Shape()
	}
	var err error
	var panicked any
	compiled := make(chan struct{})
	go func() {
		defer close(compiled)
		panicked = exceptions.Try(func() { _, err = p.exec.Compile(dims...) })
	}()
	select {
	case <-compiled:
		if panicked != nil {
			panic(panicked) // where the caller can recover
		}
		return err
	case <-ctx.Done():
		p.backend.left = compiled
		return ctx.Err()
	}
}

// HasRun tells whether the program has run, and so is compiled.
func (p *Program) HasRun() bool { return p.ran.Load() }

// Call runs the program once and borrows the model's variables for it. It frees the arguments, which must not be used
// afterwards.
func (p *Program) Call(ctx context.Context, args ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	giveBack, err := Borrow(p.exec.Store(), p.backend)
	if err != nil {
		return nil, err
	}
	out, err := p.Pass(ctx, args...)
	for _, a := range args {
		a.MustFinalizeAll()
	}
	if back := giveBack(); err == nil {
		err = back
	}
	return out, err
}
