package gradcamnb

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// lazy is a model that takes its time and says how far it is.
type lazy struct {
	driver.Session
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
	defer driver.ShowWaiting(func(string) {})
	driver.ShowWaiting(func(line string) {
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
	got := explain(1375*time.Millisecond, nil)
	if want := []string{"explaining lazy: pass 3 of 8 (37 %), 1 s", ""}; !slices.Equal(got, want) { // not the same again
		t.Errorf("slow work shows %q", got)
	}
	if got := explain(1250*time.Millisecond, func(Progress) {}); len(got) > 0 {
		t.Errorf("with a listener of the user's own it shows %q", got)
	}
}
