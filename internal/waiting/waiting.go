// Package waiting shows how far work is, if the work takes longer than a second.
package waiting

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gradcam-go/gradcam/internal/notebook"
	"github.com/gradcam-go/gradcam/internal/printable"
	"github.com/gradcam-go/gradcam/internal/progress"
)

const (
	patience = time.Second            // work that is done earlier shows nothing
	renewal  = 250 * time.Millisecond // how often the line is renewed
	compiles = 2 * time.Second        // work without a pass by then is being compiled
)

// showLine shows the text of a wait as one line, which replaces the line before; an empty text removes it. On a
// terminal it is the last line of standard error.
var showLine atomic.Pointer[func(string)]

func init() {
	if notebook.Cell() { // a cell that does not import package nb, which shows it better
		Show(showPlain(os.Stdout))
		return
	}
	terminal := progress.New(os.Stderr)
	Show(func(line string) {
		if line == "" {
			terminal.Clear()
		} else {
			terminal.Set("%s", line)
		}
	})
}

// Show replaces the terminal's line for work that takes longer than a second. show gets each text of the line, and an
// empty text at the end. Show may be called while work is going on.
func Show(show func(line string)) { showLine.Store(&show) }

// showPlain returns a function that shows a line in the output of a notebook's cell. At \r the output returns to the
// line's beginning, as a terminal does.
func showPlain(to io.Writer) func(line string) {
	wide := 0
	return func(line string) {
		n := utf8.RuneCountInString(line)
		fmt.Fprintf(to, "\r%s%s", line, strings.Repeat(" ", max(0, wide-n)))
		if line == "" {
			fmt.Fprint(to, "\r")
		}
		wide = n
	}
}

// shown is the wait whose line is shown. Two waits at the same time, such as for the next picture to be read while one
// is explained, would overwrite each other's line.
var shown atomic.Pointer[Wait]

// Wait shows how far work is that takes longer than a second.
type Wait struct {
	what  string
	start time.Time
	over  chan struct{}
	gone  sync.WaitGroup

	once string // what takes time before the first pass
	pace progress.Pace
	end  func()

	mu          sync.Mutex
	done, total int
}

// Start begins to wait for what the line names.
func Start(what string) *Wait {
	w := &Wait{what: printable.Line(what), start: time.Now(), over: make(chan struct{})}
	w.end = sync.OnceFunc(func() { // removes the line
		close(w.over)
		w.gone.Wait()
	})
	w.gone.Go(w.show)
	return w
}

// SetFirst sets what the line says before the first pass, if that takes long.
func (w *Wait) SetFirst(words string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.once = words
}

// End removes the line. It may be called several times.
func (w *Wait) End() { w.end() }

// Report takes the progress of a method of many passes.
func (w *Wait) Report(done, total int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done, w.total = done, total
}

func (w *Wait) show() {
	select {
	case <-w.over:
		return
	case <-time.After(patience):
	}
	show := *showLine.Load()
	tick := time.NewTicker(renewal)
	defer tick.Stop()
	last := ""
	for {
		// the same line again would be one more message to the page
		if line := w.line(time.Since(w.start)); line != last && w.isShown() {
			show(line)
			last = line
		}
		select {
		case <-w.over:
			if last != "" {
				show("")
				shown.Store(nil)
			}
			return
		case <-tick.C:
		}
	}
}

// isShown tells whether this is the wait whose line is shown. It becomes that if there is none.
func (w *Wait) isShown() bool { return shown.Load() == w || shown.CompareAndSwap(nil, w) }

// line returns the text of the line after a time.
func (w *Wait) line(after time.Duration) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	words := w.what + ": "
	switch {
	case w.total > 0 && w.done > 0:
		words += "pass " + w.pace.Words(w.done, w.total, w.start.Add(after)) + ", "
	case w.once != "" && after > compiles:
		words += w.once + ", "
	}
	return words + progress.FormatDuration(after)
}
