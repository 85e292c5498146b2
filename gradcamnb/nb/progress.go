package nb

import (
	"fmt"
	"html"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/internal/progress"
)

func init() {
	if InNotebook() {
		driver.ShowWaiting(showWaiting())
	}
}

// often is how often a line changes, at most: a page and its kernel are not flooded by a quick loop.
const often = 100 * time.Millisecond

// Progress returns a function that shows how far long work is, in a notebook or on a terminal: one line that is renewed
// in place, with a bar, per cent, rate and time left, and behind them what else is given, such as a loss:
//
//	show := nb.Progress("training")
//	for i := range steps {
//		loss := step()
//		show(i+1, steps, fmt.Sprintf("loss %.3f", loss))
//	}
//
// It may be called as often as one likes: the line changes ten times a second at most. With done at total the line
// ends, with its last value and how long it took, and stays.
func Progress(label string) func(done, total int, also ...string) {
	var show func(line string, ended bool)
	switch {
	case InNotebook():
		id := gonbui.UniqueId()
		show = func(line string, ended bool) {
			renew(id, line)
			if ended { // the cell may end here
				gonbui.Sync()
			}
		}
	case progress.IsTerminal(os.Stderr):
		show = func(line string, ended bool) {
			fmt.Fprintf(os.Stderr, "\r\x1b[K%s", line)
			if ended {
				fmt.Fprintln(os.Stderr)
			}
		}
	default:
		return func(int, int, ...string) {}
	}
	c := &counter{label: label, start: time.Now(), show: show}
	return c.count
}

// counter shows counted work, at most every so often; what was said last is shown in any case.
type counter struct {
	label string
	start time.Time
	show  func(line string, ended bool)
	pace  progress.Pace

	mu    sync.Mutex
	last  time.Time   // of a change
	later *time.Timer // shows what came too soon
	line  string      // that is to be shown
}

func (c *counter) count(done, total int, also ...string) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	ended := done >= total
	c.line = c.words(done, total, now, also)
	if c.later != nil && ended {
		c.later.Stop()
		c.later = nil
	}
	switch since := now.Sub(c.last); {
	case ended || since >= often:
		c.last = now
		c.show(c.line, ended)
	case c.later == nil:
		c.later = time.AfterFunc(often-since, c.flush)
	}
}

// flush shows what came too soon after a change.
func (c *counter) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.later == nil { // the end came in between
		return
	}
	c.later, c.last = nil, time.Now()
	c.show(c.line, false)
}

func (c *counter) words(done, total int, now time.Time, also []string) string {
	const cells = 20
	full := 0
	if total > 0 {
		full = min(max(cells*done/total, 0), cells)
	}
	parts := []string{strings.Repeat("█", full) + strings.Repeat("░", cells-full), c.pace.Words(done, total, now)}
	if done >= total {
		parts = append(parts, "took "+progress.FormatDuration(now.Sub(c.start)))
	}
	return c.label + " " + strings.Join(append(parts, also...), " · ")
}

// renew replaces the line of an output, and takes it away where the line is empty. It is
// HTML: Markdown is drawn when JupyterLab gets round to it, and a line that went at once
// was drawn after it had gone, and stayed in the page.
func renew(id, line string) { gonbui.UpdateHTML(id, html.EscapeString(line)) }

// showWaiting shows what a wait of the front says, in one output that is renewed in place.
func showWaiting() func(line string) {
	id := ""
	return func(line string) {
		if id == "" {
			id = gonbui.UniqueId()
		}
		renew(id, line)
		if line == "" { // the cell may end here, and a lost line would stay
			gonbui.Sync()
			id = ""
		}
	}
}
