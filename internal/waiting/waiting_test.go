package waiting

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Until the first pass is done, the line says what takes so long, if the backend compiles; after that, it says how far
// the work is.
func TestLine(t *testing.T) {
	w := &Wait{what: "x", once: "compiling"}
	if got := w.line(3 * time.Second); got != "x: compiling, 3 s" {
		t.Errorf("while it compiles the line is %q", got)
	}
	w.done, w.total = 1, 2
	if got := w.line(4 * time.Second); got != "x: pass 1 of 2 (50 %), 4 s" {
		t.Errorf("after the first pass the line is %q", got)
	}
	var b strings.Builder
	show := showPlain(&b)
	show("12345")
	show("67")
	show("")
	if got := b.String(); got != "\r12345\r67   \r  \r" {
		t.Errorf("in a plain cell it writes %q", got)
	}
	if got := (&Wait{what: "x"}).line(90 * time.Second); !strings.HasSuffix(got, "x: 1 min 30 s") {
		t.Errorf("the line is %q", got)
	}
}

// Of two waits at the same time one has the line. When it ends, the other one gets it.
func TestOneLine(t *testing.T) {
	before := *showLine.Load()
	defer Show(before)
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		Show(func(line string) { lines = append(lines, line) })
		first := Start("first")
		time.Sleep(100 * time.Millisecond)
		second, third := Start("second"), Start("third")
		time.Sleep(1100 * time.Millisecond)
		third.End()
		first.End()
		time.Sleep(300 * time.Millisecond)
		second.End()
		if want := []string{"first: 1 s", "", "second: 1 s", ""}; !slices.Equal(lines, want) {
			t.Errorf("the lines are %q, want %q", lines, want)
		}
	})
}
