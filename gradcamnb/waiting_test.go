package gradcamnb

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// lazy is a model that takes its time and says how far it is.
type lazy struct {
	Session
	takes time.Duration
}

func (l lazy) Info() Info { return Info{Name: "lazy"} }

func (l lazy) Explain(_ context.Context, r Request) ([]*heatmap.Result, error) {
	if r.Progress != nil {
		r.Progress(Progress{Done: 3, Total: 8})
	}
	time.Sleep(l.takes)
	return nil, nil
}

// What takes longer than a second shows a line, which says how far it is and goes at the
// end; nothing else shows anything.
func TestWaiting(t *testing.T) { synctest.Test(t, testWaiting) }

func testWaiting(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	old := *showLine.Load()
	defer ShowWaiting(old)
	ShowWaiting(func(line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	})
	explain := func(takes time.Duration, progress func(Progress)) []string {
		lines = nil
		if _, err := NewModel(lazy{takes: takes}).Run(t.Context(), Request{Progress: progress}); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(lines)
	}
	if got := explain(50*time.Millisecond, nil); len(got) > 0 {
		t.Errorf("quick work shows %q", got)
	}
	got := explain(patience+3*renewal/2, nil)
	if want := []string{"explaining lazy: pass 3 of 8 (37 %), 1 s", "explaining lazy: pass 3 of 8 (37 %), 1 s", ""}; !slices.Equal(got, want) {
		t.Errorf("slow work shows %q", got)
	}
	if got := explain(patience+renewal, func(Progress) {}); len(got) > 0 {
		t.Errorf("with a listener of the user's own it shows %q", got)
	}
	// Until the first pass is done it says what takes so long, if the backend compiles.
	w := &wait{what: "x", once: "compiling"}
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
	if got := (&wait{what: "x"}).line(90 * time.Second); !strings.HasSuffix(got, "x: 1 min 30 s") {
		t.Errorf("the line is %q", got)
	}
}
