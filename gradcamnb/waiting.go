package gradcamnb

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gradcam-go/gradcam/internal/printable"
	"github.com/gradcam-go/gradcam/internal/progress"
)

const (
	patience = time.Second            // work that is done earlier shows nothing
	renewal  = 250 * time.Millisecond // of the line
)

// showLine shows what a wait says: one line that replaces the one before; the empty one
// takes it away. On a terminal it is the standard error's last line.
var showLine atomic.Pointer[func(string)]

func init() {
	terminal := progress.New(os.Stderr)
	ShowWaiting(func(line string) {
		if line == "" {
			terminal.Clear()
		} else {
			terminal.Set("%s", line)
		}
	})
}

// ShowWaiting replaces the line of the terminal in which work that takes longer than a second
// says how far it is: show gets what the line says now, and nothing at the end. Package nb
// shows it in notebooks. It may be called while work is going on.
func ShowWaiting(show func(line string)) { showLine.Store(&show) }

// wait shows how far something is that takes longer than a second.
type wait struct {
	what  string
	start time.Time
	over  chan struct{}
	gone  sync.WaitGroup

	mu          sync.Mutex
	done, total int
}

func waiting(what string) *wait {
	w := &wait{what: printable.Line(what), start: time.Now(), over: make(chan struct{})}
	w.gone.Go(w.show)
	return w
}

// heard takes the progress of a method of many passes.
func (w *wait) heard(p Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done, w.total = p.Done, p.Total
}

// end takes the line away.
func (w *wait) end() {
	close(w.over)
	w.gone.Wait()
}

func (w *wait) show() {
	select {
	case <-w.over:
		return
	case <-time.After(patience):
	}
	show := *showLine.Load()
	defer show("")
	tick := time.NewTicker(renewal)
	defer tick.Stop()
	for {
		show(w.line(time.Since(w.start)))
		select {
		case <-w.over:
			return
		case <-tick.C:
		}
	}
}

// line is what the line says after a time.
func (w *wait) line(after time.Duration) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	passes := ""
	if w.total > 0 {
		passes = fmt.Sprintf("%d of %d passes, ", w.done, w.total)
	}
	return fmt.Sprintf("%s: %s%.0f s", w.what, passes, after.Seconds())
}
