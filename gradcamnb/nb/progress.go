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

// often is the shortest time between two changes of a line, so that a quick loop does not flood a page and its kernel.
const often = 100 * time.Millisecond

// Progress returns a function that shows how far long work is, in a notebook or on a terminal. It shows one line that
// is renewed in place, with a bar, the steps done, per cent, rate and time left. Other texts may follow, such as a
// loss:
//
//	show := nb.Progress("training")
//	for i := range steps {
//		loss := step()
//		show(i+1, steps, fmt.Sprintf("loss %.3f", loss))
//	}
//
// The function may be called often: the line changes at most ten times a second. When done reaches total, the line gets
// its last values and the time that the work took, and stays.
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

// counter shows counted work in a line that changes at most every [often]. It shows the last values in any case.
type counter struct {
	label string
	start time.Time
	show  func(line string, ended bool)
	pace  progress.Pace

	mu    sync.Mutex
	last  time.Time   // of a change
	later *time.Timer // shows a line that came too soon after the one before
	line  string      // the newest line
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

// flush shows the newest line, which came too soon after a change.
func (c *counter) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.later == nil { // the work ended in between
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

// renew replaces the line of an output. An empty line removes it. The line is HTML, since JupyterLab draws Markdown
// late: a line that was removed at once was drawn after that, and stayed in the page.
func renew(id, line string) { gonbui.UpdateHTML(id, html.EscapeString(line)) }

// showWaiting returns a function for [driver.ShowWaiting] that shows the line in one output, which is renewed in place.
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
