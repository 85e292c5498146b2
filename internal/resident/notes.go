package resident

import (
	"sync"
	"time"
)

// notes passes notes on to the caller, one after another. A caller that has stopped reading, for example in a debugger,
// delays the one that adds notes only for a short time. After that, notes are left out until the caller reads again.
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
	writeTime = 10 * time.Minute // for one request, note or answer; a caller that does nothing for so long is gone
	greetTime = time.Minute      // for a caller to say what it wants
	aliveTime = 10 * time.Second // between two words that a call that was given up has not ended yet
)

// newNotes returns notes that are passed on with send, which tells whether the caller is still there.
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

// end waits until all notes have been sent, or cannot be. Notes that are added later are left out.
func (n *notes) end() {
	n.mu.Lock()
	n.ended = true
	close(n.queue)
	n.mu.Unlock()
	<-n.done
}
