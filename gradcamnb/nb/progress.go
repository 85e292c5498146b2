package nb

import (
	"fmt"
	"html"
	"os"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/gradcam-go/gradcam/gradcamnb"
)

func init() {
	if InNotebook() {
		gradcamnb.ShowWaiting(showWaiting())
	}
}

// Progress returns a function that shows how far long work is: one line that is
// renewed in place, in a notebook or on a terminal, and disappears when done
// reaches total.
func Progress(label string) func(done, total int) {
	switch {
	case InNotebook():
		id := gonbui.UniqueId()
		return func(done, total int) {
			line := ""
			if done < total {
				line = fmt.Sprintf("%s: %d of %d", label, done, total)
			}
			renew(id, line)
		}
	case isTerminal(os.Stderr):
		return func(done, total int) {
			line := fmt.Sprintf("%s: %d of %d", label, done, total)
			if done >= total {
				line = strings.Repeat(" ", len(line))
			}
			fmt.Fprintf(os.Stderr, "\r%s\r", line)
		}
	}
	return func(int, int) {}
}

// renew replaces the line of an output, and takes it away where the line is empty. It is
// HTML: Markdown is drawn when JupyterLab gets round to it, and a line that went at once
// was drawn after it had gone, and stayed in the page.
func renew(id, line string) { gonbui.UpdateHTML(id, html.EscapeString(line)) }

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

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
