package study

import (
	"context"
	"fmt"
	"image"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/border"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
)

// While a batch is explained the next one is read, and no more than that, by one goroutine at a time. When Run has
// returned, nothing is read any more; what a picture's function panics with comes out of Run, with the stack of the
// function.
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
			eventually.True(t, "the next batch is read while one is explained", func() bool { return opened.Load() >= 4 })
			if n := opened.Load(); n > 6 {
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
	s.Pictures[5].Open = panicky
	defer func() {
		p, _ := recover().(error)
		if text := fmt.Sprintf("%+v", border.NewPanicError(p)); !strings.Contains(text, "(here)") ||
			!strings.Contains(text, "panicky") {
			t.Errorf("Run panics with %s", text)
		}
	}()
	_, err := s.Run(t.Context())
	t.Errorf("Run returns %v although a picture's function panics", err)
}

// panicky is a picture's function that panics.
func panicky() (image.Image, error) { panic("here") }

// A batch ends when its pictures have 256 MB: two of 6000 x 6000 pixels of 8 bytes do not fit, and one of 16 bits of
// grey weighs a quarter of that.
func TestPicturesAreWeighed(t *testing.T) {
	r := image.Rect(0, 0, 6000, 6000)
	for name, c := range map[string]struct {
		img  image.Image
		want int // pictures in the batch
	}{"NRGBA64": {&image.NRGBA64{Rect: r}, 1}, "RGBA64": {&image.RGBA64{Rect: r}, 1}, "NRGBA": {&image.NRGBA{Rect: r}, 2},
		"YCbCr": {&image.YCbCr{Rect: r}, 3}, "Gray16": {&image.Gray16{Rect: r}, 4}, "Gray": {&image.Gray{Rect: r}, 5}} {
		s := newStudy(t, &fakeSession{}, 1, 2, 3, 4, 5)
		for i := range s.Pictures {
			s.Pictures[i].Open = func() (image.Image, error) { return c.img, nil }
		}
		if b := s.openBatch(t.Context(), 0, 5); b.to != c.want || len(b.failed) > 0 {
			t.Errorf("%s: %d pictures, want %d", name, b.to, c.want)
		}
	}
}

// Two names that differ only in bytes that are no text are one name in the files of rows.
func TestNamesWithoutText(t *testing.T) {
	err := checkNames([]Picture{{Name: "a\xfe.png"}, {Name: "a\xff.png"}})
	wantError(t, "two names", err, "two pictures have the name")
}
