package device

import (
	"fmt"
	"sync/atomic"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/internal/trim"
)

// Program is a graph about a model. It is compiled for its backend when it first runs.
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

// Pass runs the program once. Memory that compiling has left behind is given back before the second pass, and not after
// the first, which is often the only one.
func (p *Program) Pass(args ...*tensors.Tensor) (out []*tensors.Tensor, err error) {
	if n := p.passes.Add(1); n == 2 || n%passesBetweenTrims == 0 {
		trim.Memory()
	}
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a
	}
	if failed := exceptions.TryCatch[error](func() { out, err = p.exec.Call(list...) }); failed != nil {
		return nil, failed // GoMLX panics if a trainer uses a variable at the same time
	}
	if err == nil {
		p.ran.Store(true)
	}
	return out, err
}

// HasRun tells whether the program has run, and so is compiled.
func (p *Program) HasRun() bool { return p.ran.Load() }

// Call runs the program once and borrows the model's variables for it. It frees the arguments, which must not be used
// afterwards.
func (p *Program) Call(args ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	giveBack, err := Borrow(p.exec.Store(), p.backend)
	if err != nil {
		return nil, err
	}
	out, err := p.Pass(args...)
	if err != nil && p.HasRun() { // before that a weight may not have been made yet
		err = takenAway(p.exec.Store(), err)
	}
	for _, a := range args {
		a.MustFinalizeAll()
	}
	if back := giveBack(); err == nil {
		err = back
	}
	return out, err
}
