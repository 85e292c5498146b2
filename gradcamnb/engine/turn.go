package engine

import (
	"context"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
)

// turn lets one program run at a time: it has all cores. It is a channel with one place, so
// that a call which waits for its turn can give up.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// take waits for the turn, or for the end of ctx, with the error of which it then returns.
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

// begin starts the backend, if no call has yet, and takes the turn until end is called.
func (e *Engine) begin(ctx context.Context) (b *device.Backend, end func(), err error) {
	if b, err = e.started(); err != nil {
		return nil, nil, err
	}
	if err := e.turn.take(ctx); err != nil {
		return nil, nil, err
	}
	if e.closed.Load() { // while another call had the turn
		e.turn.pass()
		return nil, nil, ErrClosed
	}
	return b, e.turn.pass, nil
}

// reading is which models are being read, so that each is read once and nobody waits for
// another model. It is no singleflight, since each caller has a context of its own: when the
// one who reads is cancelled, the next one reads.
type reading struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // by reference, closed at the end
}

// begin waits until nobody reads the model of a reference, and takes it until end is called.
func (r *reading) begin(ctx context.Context, ref string) (end func(), err error) {
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
