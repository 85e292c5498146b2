package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Where goroutines meet and nothing computes, so that the race detector may watch (docs/upstream.md says why it may not
// where pure Go computes).

// One at a time has the turn, whoever waits may give up, and in the end nobody has it.
func TestMeetingAtTheTurn(t *testing.T) {
	turn := newTurn()
	var all sync.WaitGroup
	var inside, had atomic.Int32
	for i := range 64 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i%4)*10*time.Millisecond)
			defer cancel()
			err := turn.take(ctx)
			if err != nil {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				return
			}
			if inside.Add(1) != 1 {
				t.Error("two have the turn")
			}
			had.Add(1)
			time.Sleep(time.Millisecond)
			inside.Add(-1)
			turn.pass()
		})
	}
	all.Wait()
	if had.Load() == 0 {
		t.Error("nobody had the turn")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := turn.take(ctx); err != nil {
		t.Errorf("somebody still has it: %v", err)
	}
}

// One caller at a time reads a reference; different references are read at the same time. Whoever waits may give up.
func TestMeetingAtTheReading(t *testing.T) {
	var r pendingReads
	var all sync.WaitGroup
	var busy [4]atomic.Int32
	value := [4]int{} // no lock but the reading's: the race detector would find two at once
	for i := range 64 {
		all.Go(func() {
			end, err := r.begin(t.Context(), string(rune('a'+i%4)))
			if err != nil {
				t.Error(err)
				return
			}
			if busy[i%4].Add(1) != 1 {
				t.Error("two read the same")
			}
			value[i%4]++
			busy[i%4].Add(-1)
			end()
		})
	}
	all.Wait()
	if value != [4]int{16, 16, 16, 16} {
		t.Errorf("read %v times", value)
	}
	end, err := r.begin(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.begin(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	end()
	if len(r.busy) != 0 {
		t.Errorf("%v are said to be read", r.busy)
	}
}
