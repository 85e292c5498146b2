package study

import (
	"context"
	"image"
	"sync/atomic"
	"testing"
	"time"
)

// While a batch is explained the next one is read, and no more than that, by one goroutine at a time. When Run has
// returned, nothing is read any more; what a picture's function panics with comes out of Run.
func TestBatchesAreReadAhead(t *testing.T) {
	f := &fakeSession{}
	s := newStudy(t, f, 1, 2, 3, 4, 5, 6, 7, 8)
	s.Part = 8
	var opened, busy atomic.Int32
	for i, p := range s.Pictures {
		s.Pictures[i].Open = func() (image.Image, error) {
			if busy.Add(1) > 1 {
				t.Error("two pictures are read at once")
			}
			defer busy.Add(-1)
			opened.Add(1)
			return p.Open()
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	explained := 0
	s.Progress = func(p Progress) {
		if explained = p.Done; explained == 2 {
			for deadline := time.Now().Add(10 * time.Second); opened.Load() < 4 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			if n := opened.Load(); n < 4 || n > 6 {
				t.Errorf("%d pictures are read when 2 of 8 are explained, want the next batches'", n)
			}
			cancel()
		}
	}
	if _, err := s.Run(ctx); err == nil {
		t.Fatal("it was not stopped")
	}
	n := opened.Load()
	time.Sleep(10 * time.Millisecond)
	if now := opened.Load(); now != n || n == 8 {
		t.Errorf("%d pictures are read after the study has stopped at %d", now, n)
	}
	s.Progress = nil
	s.Pictures[5].Open = func() (image.Image, error) { panic("here") }
	defer func() {
		if p := recover(); p != "here" {
			t.Errorf("Run panics with %v", p)
		}
	}()
	_, err := s.Run(t.Context())
	t.Errorf("Run returns %v although a picture's function panics", err)
}
