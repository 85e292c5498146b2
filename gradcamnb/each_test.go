package gradcamnb

import (
	"context"
	"errors"
	"image"
	"iter"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
)

// fakeSession gives every picture a result of its own. It fails if a batch holds the picture fail.
type fakeSession struct {
	driver.Session
	batches []int
	fail    image.Image
	wait    func(call int) // before it answers
}

func (s *fakeSession) Info() Info { return Info{Name: "fake"} }

func (s *fakeSession) Explain(ctx context.Context, r Request) ([]*heatmap.Result, error) {
	s.batches = append(s.batches, len(r.Pictures))
	if s.wait != nil {
		s.wait(len(s.batches))
	}
	var out []*heatmap.Result
	for _, p := range r.Pictures {
		if p == s.fail {
			return nil, errors.New("the model fails")
		}
		out = append(out, &heatmap.Result{Picture: p})
	}
	return out, ctx.Err()
}

// numbered are pictures that are told apart by their width; those in bad cannot be read.
// read hears of each.
func numbered(n int, read func(i int), bad ...int) iter.Seq2[image.Image, error] {
	return func(yield func(image.Image, error) bool) {
		for i := range n {
			if read != nil {
				read(i)
			}
			var img image.Image
			err := error(nil)
			if slices.Contains(bad, i) {
				err = errors.New("unreadable")
			} else {
				img = image.NewNRGBA(image.Rect(0, 0, i+1, 1))
			}
			if !yield(img, err) {
				return
			}
		}
	}
}

// There is one result for each picture, in order, for any size of batch and whichever pictures cannot be read.
func TestExplainEach(t *testing.T) {
	for _, c := range []struct {
		n, batch int
		bad      []int
		batches  []int
	}{
		{10, 4, nil, []int{4, 4, 2}},
		{8, 4, nil, []int{4, 4}},
		{3, 4, nil, []int{3}},
		{0, 4, nil, nil},
		{10, 3, []int{0, 4, 9}, []int{3, 3, 1}},
		{3, 1, []int{0, 1, 2}, nil},
		{50, 2, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
			29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49}, []int{1}},
	} {
		s := &fakeSession{}
		i := 0
		for r, err := range NewModel(s).ExplainEach(t.Context(), numbered(c.n, nil, c.bad...), c.batch) {
			var of *PictureError
			switch {
			case slices.Contains(c.bad, i):
				if !errors.As(err, &of) || of.Index != i || r != nil {
					t.Errorf("%+v: picture %d: %v, %v", c, i, r, err)
				}
			case err != nil || r.Picture.Bounds().Dx() != i+1:
				t.Errorf("%+v: picture %d: %v", c, i, err)
			}
			i++
		}
		if k := len(s.batches) - 1; k >= 2 && s.batches[k] == c.batch { // it may be filled up, see pace
			s.batches[k] = c.batches[len(c.batches)-1]
		}
		if i != c.n || !slices.Equal(s.batches, c.batches) {
			t.Errorf("%+v: %d results in batches of %v", c, i, s.batches)
		}
	}
}

// An error that does not belong to one picture ends the call, and so do the caller and the context. No goroutine is
// left.
func TestExplainEachEnds(t *testing.T) {
	var third image.Image
	pictures := func(yield func(image.Image, error) bool) {
		for img, err := range numbered(100, nil) {
			if img.Bounds().Dx() == 3 {
				third = img
			}
			if !yield(img, err) {
				return
			}
		}
	}
	s := &fakeSession{}
	s.wait = func(int) { s.fail = third }
	var errs []error
	for _, err := range NewModel(s).ExplainEach(t.Context(), pictures, 4) {
		errs = append(errs, err)
	}
	if len(errs) != 1 || errs[0].Error() != "the model fails" {
		t.Errorf("a model that fails: %v", errs)
	}

	read := 0
	for _, err := range NewModel(&fakeSession{}).ExplainEach(t.Context(), numbered(1000, func(int) { read++ }), 4) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if read > 4*5 { // nothing is read any more when the loop has ended, or the race detector says so
		t.Errorf("%d pictures were read for one result", read)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range NewModel(&fakeSession{}).ExplainEach(ctx, numbered(1000, nil), 4) {
		if n++; n == 10 {
			cancel()
		}
		last = err
	}
	if n > 40 || !errors.Is(last, context.Canceled) {
		t.Errorf("cancelled after 10: %d results, then %v", n, last)
	}

	for _, err := range NewModel(&fakeSession{}).ExplainEach(t.Context(), numbered(1, nil), 0) {
		if err == nil {
			t.Error("a batch of no picture")
		}
	}
}

// If the caller is slow, at most three batches are read ahead. While the caller works on one batch, the next one is
// already explained.
func TestExplainEachIsBounded(t *testing.T) {
	var read, runs atomic.Int64
	atResult := 0
	s := &fakeSession{wait: func(call int) { runs.Store(int64(call)) }}
	for _, err := range NewModel(s).ExplainEach(t.Context(), numbered(100, func(i int) { read.Store(int64(i + 1)) }), 5) {
		if err != nil {
			t.Fatal(err)
		}
		atResult++
		if atResult == 5 { // of the first batch
			eventually.True(t, "the second batch does not wait for the caller", func() bool { return runs.Load() >= 2 })
			time.Sleep(50 * time.Millisecond)
			if n := read.Load(); n > 4*5 {
				t.Errorf("%d pictures were read when 5 results were taken", n)
			}
		}
	}
}

// A smaller last batch is filled up with copies if they cost less than compiling another program.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		first, steady time.Duration
		n             int
		want          bool
	}{
		{3 * time.Second, time.Second, 1, true},              // 15/16 s of copies against 2 s
		{3500 * time.Millisecond, 3 * time.Second, 1, false}, // 2.8 s against 0.5 s
		{3500 * time.Millisecond, 3 * time.Second, 14, true}, // 0.375 s against 0.5 s
		{3 * time.Second, 0, 1, false},                       // not known yet
		{3 * time.Second, time.Second, 16, false},            // it is full
	} {
		p := pace{batch: 16, first: c.first, steady: c.steady}
		if got := p.fill(c.n); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	s := &fakeSession{}
	p := pace{batch: 4, first: time.Hour, steady: time.Millisecond}
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	g := &group{pictures: []image.Image{img, img, img}}
	if err := p.explain(t.Context(), NewModel(s), g, nil); err != nil || len(g.results) != 3 || s.batches[0] != 4 {
		t.Errorf("%d results of a batch of %v, %v", len(g.results), s.batches, err)
	}
}

// A request that says something different for each picture is refused, since there may be any number of pictures.
// Several classes for every picture are allowed.
func TestExplainEachHoldsForAll(t *testing.T) {
	for want, choices := range map[string][]Choice{
		"target class:1,2: it names 2 indices": {Class(1, 2)},
		"it has 2 masks":                       {Region(0, heatmap.NewGrid(1, 1), heatmap.NewGrid(1, 1))},
		"there are 2 boxes":                    {InBox(image.Rect(0, 0, 1, 1), image.Rect(0, 0, 2, 2))},
		"there are 2 truths":                   {Measured(Measuring{Truths: make([]heatmap.Grid, 2)})},
		"": {Contrast(1, 2), Tags(1, 2), Border(1, 2), Class(1),
			InBox(image.Rect(0, 0, 1, 1))},
	} {
		s := &fakeSession{}
		for _, err := range NewModel(s).ExplainEach(t.Context(), numbered(3, nil), 2, choices...) {
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%q: error %v", want, err)
			}
		}
	}
}

// A batch of large pictures is explained in parts, so that few are in memory at once. The parts are not filled up to
// the batch, however large that is.
func TestExplainEachOfLargePictures(t *testing.T) {
	large := image.NewUniform(nil) // claims a size and holds nothing
	var read, most atomic.Int32
	s := &fakeSession{wait: func(int) { most.Store(max(most.Load(), read.Load())) }}
	pictures := func(yield func(image.Image, error) bool) {
		for range 8 {
			read.Add(1)
			if !yield(sizedPicture{large, image.Rect(0, 0, 10_000, 10_000)}, nil) { // 400 MB each
				return
			}
		}
	}
	got := 0
	for r, err := range NewModel(s).ExplainEach(t.Context(), pictures, math.MaxInt) {
		if err != nil || r == nil {
			t.Fatal(err)
		}
		got++
	}
	if got != 8 || len(s.batches) != 4 || s.batches[0] != 2 {
		t.Errorf("%d results of batches of %v, want 8 of 4 of 2", got, s.batches)
	}
}

// sizedPicture is a picture of a size.
type sizedPicture struct {
	image.Image
	bounds image.Rectangle
}

func (s sizedPicture) Bounds() image.Rectangle { return s.bounds }
