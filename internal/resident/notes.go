package resident

import (
	"sync"
	"time"
)

// notes passes notes on to the caller, one after the other. A caller that has stopped reading, as one that a debugger
// holds, delays the one that makes them by shortly at most: then notes are left out until it reads again.
type notes struct {
	mu      sync.Mutex
	stopped bool // the caller reads nothing at the moment
	ended   bool
	queue   chan any
	gone    chan struct{} // closed when nothing can be sent any more
	done    chan struct{}
}

const (
	manyNotes = 64
	shortly   = time.Second
	writeTime = 10 * time.Minute // of one note or answer; a caller that reads nothing for so long is gone
	greetTime = time.Minute      // for a caller to say what it wants
)

// newNotes passes notes on with send, which tells whether the caller is still there.
func newNotes(send func(any) bool) *notes {
	n := &notes{queue: make(chan any, manyNotes), gone: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(n.done)
		for note := range n.queue {
			if !send(note) {
				close(n.gone)
				return
			}
		}
	}()
	return n
}

// add adds a note.
func (n *notes) add(note any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ended {
		return
	}
	wait := shortly
	if n.stopped {
		wait = 0
	}
	select {
	case n.queue <- note:
		n.stopped = false
		return
	case <-n.gone:
		return
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case n.queue <- note:
	case <-n.gone:
	case <-timer.C:
		n.stopped = true
	}
}

// end returns when all notes are sent, or cannot be. What is added afterwards is left out.
func (n *notes) end() {
	n.mu.Lock()
	n.ended = true
	close(n.queue)
	n.mu.Unlock()
	<-n.done
}
