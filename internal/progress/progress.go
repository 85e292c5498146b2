// Package progress shows how far work is. On a terminal it writes one line over and over; elsewhere it shows nothing.
package progress

import (
	"fmt"
	"io"
	"os"
	"time"
)

// every is the shortest time between two changes of the line.
const every = 100 * time.Millisecond

// Line is one line of a terminal. The zero value shows nothing.
type Line struct {
	w     io.Writer
	last  time.Time
	shown bool
}

// New returns a line on w, which shows only if w is a terminal.
func New(w io.Writer) *Line {
	if f, ok := w.(*os.File); !ok || !IsTerminal(f) {
		return &Line{}
	}
	return &Line{w: w}
}

// IsTerminal tells whether a file is a terminal, on which a line can be written over.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Set replaces the text of the line, unless it was replaced a moment ago.
func (l *Line) Set(format string, args ...any) {
	if l.w == nil || time.Since(l.last) < every {
		return
	}
	l.last, l.shown = time.Now(), true
	fmt.Fprintf(l.w, "\r\x1b[K"+format, args...)
}

// Clear removes the line, before something else is written or at the end.
func (l *Line) Clear() {
	if l.shown {
		fmt.Fprint(l.w, "\r\x1b[K")
		l.shown, l.last = false, time.Time{}
	}
}
