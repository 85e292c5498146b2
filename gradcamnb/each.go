package gradcamnb

import (
	"context"
	"fmt"
	"image"
	"iter"
	"sync"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// PictureError says why one of many pictures was not explained. The others were.
type PictureError struct {
	Index int   // of the picture, from 0
	Err   error // what went wrong with it
}

func (e *PictureError) Error() string { return fmt.Sprintf("picture %d: %v", e.Index, e.Err) }

// Unwrap is what went wrong.
func (e *PictureError) Unwrap() error { return e.Err }

// ExplainEach explains any number of pictures in batches and hands out one result a picture, in their order. Reading
// the next batch, running the model on one, and what the caller does with the results of the one before happen at the
// same time, and no more than these three batches are in memory. A batch of more than 512 MB of pixels is explained in
// parts. The choices hold for every picture.
//
// A picture that comes with an error has a [PictureError] in place of a result. Any
// other error, also that of ctx, ends the sequence.
//
//	for r, err := range model.ExplainEach(ctx, pictures, 16) {
func (m *Model) ExplainEach(ctx context.Context, pictures iter.Seq2[image.Image, error], batch int,
	choices ...Choice) iter.Seq2[*heatmap.Result, error] {
	return func(yield func(*heatmap.Result, error) bool) {
		if batch < 1 {
			yield(nil, fmt.Errorf("a batch of %d pictures: it must be at least 1", batch))
			return
		}
		if err := forEvery(Request{}.With(choices...)); err != nil {
			yield(nil, err)
			return
		}
		inner, cancel := context.WithCancel(ctx)
		var stages sync.WaitGroup
		defer stages.Wait()
		defer cancel() // also if the caller has had enough
		read, explained := make(chan *group), make(chan *group)
		stages.Go(func() {
			defer close(read)
			readGroups(inner, pictures, batch, read)
		})
		stages.Go(func() {
			defer close(explained)
			pace := pace{batch: batch}
			for g := range read {
				g.err = pace.explain(inner, m, g, choices)
				if !send(inner, explained, g) || g.err != nil {
					return
				}
			}
		})
		index := 0
		for g := range explained {
			if g.err != nil {
				yield(nil, g.err)
				return
			}
			for _, err := range g.errs {
				r := (*heatmap.Result)(nil)
				if err == nil {
					r, g.results = g.results[0], g.results[1:]
				} else {
					err = &PictureError{index, err}
				}
				if !yield(r, err) {
					return
				}
				index++
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// forEvery tells what of a request is said of each of several pictures, and so cannot hold
// for any number of them.
func forEvery(r Request) error {
	const why = "where any number of pictures is explained one after the other: give one for all, or explain the pictures in one batch"
	if n := len(r.Boxes); n > 1 {
		return fmt.Errorf("there are %d boxes to see, one a picture, %s", n, why)
	}
	for _, t := range r.Targets {
		if n := len(t.Index); n > 1 && !t.NamesSeveral() {
			return fmt.Errorf("target %s: it names %d indices, one a picture, %s", t, n, why)
		}
		if n := len(t.Masks); n > 1 {
			return fmt.Errorf("target %s: it has %d masks, one a picture, %s", t, n, why)
		}
	}
	return nil
}

// group is some pictures on their way.
type group struct {
	errs     []error // of each picture, nil if it was read
	pictures []image.Image
	bytes    int               // of the pictures, as pixels
	cut      bool              // there are fewer than a batch, since they are large
	results  []*heatmap.Result // of those that were read
	err      error             // of all
}

func send(ctx context.Context, to chan<- *group, g *group) bool {
	select {
	case to <- g:
		return true
	case <-ctx.Done():
		return false
	}
}

// groupBytes is how many bytes of pictures are explained together, if it is more than one picture.
const groupBytes = 512 << 20

// readGroups sends groups of so many pictures, and whatever errors come between.
func readGroups(ctx context.Context, pictures iter.Seq2[image.Image, error], batch int, to chan<- *group) {
	g := &group{}
	for img, err := range pictures {
		if ctx.Err() != nil {
			return
		}
		g.errs = append(g.errs, err)
		if err == nil {
			g.pictures = append(g.pictures, img)
			g.bytes += 4 * img.Bounds().Dx() * img.Bounds().Dy()
			g.cut = g.bytes >= groupBytes && len(g.pictures) < batch
		}
		if g.cut || len(g.pictures) == batch || len(g.errs) == 8*batch { // a run of errors is told, too
			if !send(ctx, to, g) {
				return
			}
			g = &group{}
		}
	}
	if len(g.errs) > 0 {
		send(ctx, to, g)
	}
}

// pace knows how long batches take, to do with a smaller last one what is quicker: fill
// it up with copies of a picture and drop their results, or have a program of its own
// compiled.
type pace struct {
	batch         int
	first, steady time.Duration // of a full batch; the first one compiles
}

func (p *pace) explain(ctx context.Context, m *Model, g *group, choices []Choice) error {
	n := len(g.pictures)
	if n == 0 {
		return nil
	}
	pictures := g.pictures
	if n < p.batch && g.cut || p.fill(n) { // no program for each number of large pictures
		for len(pictures) < p.batch {
			pictures = append(pictures, pictures[n-1])
		}
	}
	start := time.Now()
	results, err := m.Run(ctx, Request{Pictures: pictures}, choices...)
	if err != nil {
		return err
	}
	if took := time.Since(start); len(pictures) == p.batch {
		if p.first == 0 {
			p.first = took
		} else {
			p.steady = took
		}
	}
	g.results, g.pictures = results[:n], nil
	return nil
}

// fill tells whether the copies cost less than compiling: (batch - n)/batch of a batch
// against what the first batch took longer than the others.
func (p *pace) fill(n int) bool {
	if n == p.batch || p.steady == 0 {
		return false
	}
	copies := time.Duration(int64(p.steady) / int64(p.batch) * int64(p.batch-n))
	return copies < p.first-p.steady
}
