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
	if want := []string{"explaining lazy: 3 of 8 passes, 1 s", "explaining lazy: 3 of 8 passes, 1 s", ""}; !slices.Equal(got, want) {
		t.Errorf("slow work shows %q", got)
	}
	if got := explain(patience+renewal, func(Progress) {}); len(got) > 0 {
		t.Errorf("with a listener of the user's own it shows %q", got)
	}
	if got := (&wait{what: "x"}).line(90 * time.Second); !strings.HasSuffix(got, "x: 90 s") {
		t.Errorf("the line is %q", got)
	}
}
