package engine

import (
	"context"
	"runtime"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// ErrClosed is the error of calls to an engine that was closed.
var ErrClosed = fault.Errorf(fault.ErrClosed, "the engine is closed: make another one, with engine.New")

// Close waits for the call that runs now, forgets the engine's models and programs, and ends its backend. It is
// optional: a process that ends needs no Close. Afterwards every call of the engine and its models returns [ErrClosed].
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return nil
	}
	if err := e.turn.take(context.Background()); err != nil {
		return err
	}
	defer e.turn.pass()
	e.GiveBackAfter(0)
	e.idle.pause()
	keep, err := e.keeps()
	if err != nil {
		return err
	}
	keep.Lock()
	keep.Clear()
	keep.Unlock()
	if e.quick != nil {
		if err := e.quick.Close(); err != nil {
			return err
		}
	}
	e.runtimes.Clear()
	e.start.Do(func() { e.err = ErrClosed }) // if it was not started, it never will be
	if e.ready.Swap(false) {
		e.backend.Finalize()
	}
	return nil
}

// Close tells the engine that the model is not needed any more. The engine forgets the model's programs and weights,
// and their memory is free when nothing uses them. Close is optional: the engine by itself forgets what was used least
// recently. A closed model that is used again is compiled again.
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
