package study

import (
	"context"
	"errors"
	"image"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// What was done of a part when a study was stopped is not computed again. A file in its place that is damaged, of
// another study, or of other pictures counts for nothing. In each case the part's bytes are those of a study that ran
// through.
func TestUnfinishedPart(t *testing.T) {
	values := []uint8{1, 255, 3, 4, 5, 6, 7, 8}
	whole := newStudy(t, &fakeSession{}, values...)
	whole.Part = 8
	if _, err := whole.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := read(t, whole.part(0))
	for name, c := range map[string]struct {
		change func(s *Study) error
		calls  int // of the model in the second run
	}{
		"as it is": {func(*Study) error { return nil }, 2},
		"damaged":  {func(s *Study) error { return os.WriteFile(s.unfinishedPath(0), []byte("\xff\x80no"), 0o600) }, 4},
		"of another study": {func(s *Study) error {
			return s.writeUnfinished(0, unfinished{Settings: "other", Done: 8})
		}, 4},
		"of too many": {func(s *Study) error {
			m, err := s.manifest()
			return errors.Join(err, s.writeUnfinished(0, unfinished{Settings: m.Settings, Done: 9}))
		}, 4},
		"of other pictures": {func(s *Study) error {
			m, err := s.manifest()
			return errors.Join(err, s.writeUnfinished(0, unfinished{Settings: m.Settings, Done: 2, Rows: []Row{{Index: 7}}}))
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			f := &fakeSession{stopAt: 3, cancel: cancel}
			s := newStudy(t, f, values...)
			s.Part = 8
			if _, err := s.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if _, err := os.Stat(s.unfinishedPath(0)); err != nil {
				t.Fatal(err)
			}
			if err := c.change(s); err != nil {
				t.Fatal(err)
			}
			f.calls, f.stopAt = 0, 0
			var last Progress
			s.Progress = func(p Progress) { last = p }
			if _, err := s.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if f.calls != c.calls || last.Done != 8 || last.There != 8-2*c.calls {
				t.Errorf("%d calls, want %d; %+v", f.calls, c.calls, last)
			}
			if read(t, s.part(0)) != want {
				t.Error("the part has other bytes")
			}
			if _, err := os.Stat(s.unfinishedPath(0)); err == nil {
				t.Error("what was done of the part is left behind")
			}
		})
	}
}

// slowSession takes 25 seconds for every batch, and looks before each at what is kept of a part.
type slowSession struct {
	fakeSession
	look func()
}

func (s *slowSession) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	s.look()
	time.Sleep(25 * time.Second)
	return s.fakeSession.Explain(ctx, r)
}

// What is done of a part is written whenever a minute has passed since the last time: after three and six of seven
// batches of two pictures, 25 seconds each. A kill loses only what was done since.
func TestWrittenEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &slowSession{}
		s := newStudy(t, &fakeSession{}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
		s.Model, s.Part = gradcamnb.NewModel(f), 16
		// No part is written within the test: the compressor has channels that outlive it.
		ctx, cancel := context.WithCancel(t.Context())
		var kept []int
		f.look = func() {
			if kept = append(kept, s.readUnfinished(0).Done); len(kept) == 7 {
				cancel()
			}
		}
		if _, err := s.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if want := []int{0, 0, 0, 6, 6, 6, 12}; !slices.Equal(kept, want) {
			t.Errorf("before each batch %v pictures are kept, want %v", kept, want)
		}
	})
}

// wide is a picture of a size that holds nothing but one grey.
type wide struct{ image.Image }

func (wide) Bounds() image.Rectangle { return image.Rect(0, 0, 10_000, 10_000) }

// A batch of large pictures is explained in parts, of which each holds no more than 256 MB and a picture. Its rows are
// those of the batch. Batches and parts have a limit.
func TestLargePictures(t *testing.T) {
	f := &fakeSession{}
	s := newStudy(t, f, 1, 2, 255, 4, 5)
	for i := range s.Pictures {
		if open := s.Pictures[i].Open; i != 2 {
			s.Pictures[i].Open = func() (image.Image, error) {
				img, err := open()
				return wide{img}, err
			}
		}
	}
	s.Batch, s.Part = 8, 8
	sum, err := s.Run(t.Context())
	if err != nil || sum.Pictures != 5 || sum.Failures != 1 || f.calls != 4 {
		t.Errorf("%d calls, %+v, %v", f.calls, sum, err)
	}
	for _, large := range []*Study{{Batch: math.MaxInt}, {Part: math.MaxInt}} {
		large.Model, large.Pictures, large.Out = s.Model, s.Pictures, t.TempDir()
		if _, err := large.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "at most 1048576 of each") {
			t.Errorf("error %v", err)
		}
	}
}

// What has too many bytes to be read again is not written over what is there. What is left of a part that is done is
// removed.
func TestUnfinishedLimit(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2)
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.writeUnfinished(0, unfinished{Settings: "first"}); err != nil {
		t.Fatal(err)
	}
	before := read(t, s.unfinishedPath(0))
	err := s.writeUpTo(0, unfinished{Settings: "second"}, len(before))
	wantError(t, "too large", err, "smaller parts")
	if read(t, s.unfinishedPath(0)) != before {
		t.Error("what was there is lost")
	}
	if err := s.RunPart(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.unfinishedPath(0)); err == nil {
		t.Error("what was done of the part is left behind")
	}
}
