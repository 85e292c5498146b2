package engine

import (
	"context"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
)

// turn lets only one program run at a time, since a program uses all cores. It is a channel with one place, so that a
// call that waits for its turn can give up.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// take waits for the turn. If ctx ends first, it returns the error of ctx.
func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil { // both were ready
		t.pass()
		return err
	}
	return nil
}

// pass gives the turn to the next.
func (t turn) pass() { <-t }

// begin starts the backend if that has not started yet, and takes the turn until end is called and no compiler runs any
// more that the call has left.
func (e *Engine) begin(ctx context.Context) (b *device.Backend, end func(), err error) {
	if b, err = e.startedBackend(); err != nil {
		return nil, nil, err
	}
	if err := e.turn.take(ctx); err != nil {
		return nil, nil, err
	}
	if e.closed.Load() { // it was closed while another call had the turn
		e.turn.pass()
		return nil, nil, ErrClosed
	}
	e.idle.pause()
	return b, func() {
		b.AfterCompiling(func() {
			e.idle.restart() // before another call takes the turn, and ends the while
			e.turn.pass()
		})
	}, nil
}

// pendingReads knows which models are being read, so that each is read once and no call waits for another model. It is
// no singleflight, since each caller has a context of its own: if the caller that reads is cancelled, the next one
// reads.
type pendingReads struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // by reference, closed at the end
}

// begin waits until no other call reads the model of a reference, and reserves it until end is called.
func (r *pendingReads) begin(ctx context.Context, ref string) (end func(), err error) {
	for {
		r.mu.Lock()
		busy, taken := r.busy[ref]
		if !taken {
			done := make(chan struct{})
			if r.busy == nil {
				r.busy = map[string]chan struct{}{}
			}
			r.busy[ref] = done
			r.mu.Unlock()
			return func() {
				r.mu.Lock()
				defer r.mu.Unlock()
				delete(r.busy, ref)
				close(done)
			}, nil
		}
		r.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
