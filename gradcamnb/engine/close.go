package engine

import (
	"context"
	"runtime"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// ErrClosed is the error of an engine that is asked for something after its Close.
var ErrClosed = fault.Errorf(fault.ErrClosed, "the engine is closed: make another one, with engine.New")

// Close forgets the engine's models and programs and ends its backend, when what runs now is
// done. It is optional: a process that ends needs none. Afterwards every call of the engine and
// its models is [ErrClosed].
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return nil
	}
	if err := e.turn.take(context.Background()); err != nil {
		return err
	}
	defer e.turn.pass()
	keep, err := e.keeps()
	if err != nil {
		return err
	}
	keep.Lock()
	keep.Clear()
	keep.Unlock()
	e.runtimes.Clear()
	e.start.Do(func() { e.err = ErrClosed }) // it was not started, and will not be
	if e.ready.Swap(false) {
		e.backend.Finalize()
	}
	return nil
}

// Close tells the engine that the model is not needed any more: it forgets the model's programs
// and weights, and the memory is free when nothing uses them. It is optional: the engine forgets
// by itself what was not used for longest. A model that is asked again is compiled again.
func (s *session) Close() error {
	keep, err := s.engine.keeps()
	if err != nil {
		return err
	}
	keep.Lock()
	defer keep.Unlock()
	keep.Forget(s.entry)
	s.forgetPrograms(keep)
	s.engine.runtimes.Delete(s.entry)
	go runtime.GC() // see [memory.Memory.Trim]
	return nil
}
