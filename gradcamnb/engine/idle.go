package engine

import (
	"runtime/debug"
	"sync"
	"time"

	"github.com/gradcam-go/gradcam/internal/trim"
)

// GiveBackAfter gives memory that nothing uses back to the system once nobody has asked the engine for so long.
// Models and programs stay, within [MemoryEnv]. It is for a process that lives to explain, such as a notebook's engine:
// what Go and the C library keep for the next call is of the whole process.
func (e *Engine) GiveBackAfter(unused time.Duration) {
	e.idle.mu.Lock()
	defer e.idle.mu.Unlock()
	e.idle.after = unused
}

// idle gives memory back when nothing was asked for a while.
type idle struct {
	mu    sync.Mutex
	after time.Duration // 0 means never
	timer *time.Timer
}

// restart starts the while anew.
func (i *idle) restart() {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.after == 0:
	case i.timer == nil:
		i.timer = time.AfterFunc(i.after, giveBack)
	default:
		i.timer.Reset(i.after)
	}
}

// pause ends the while, for a call has begun.
func (i *idle) pause() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.timer != nil {
		i.timer.Stop()
	}
}

// giveBack gives back what Go's heap and the C library keep free.
var giveBack = func() {
	debug.FreeOSMemory()
	trim.Memory()
}
