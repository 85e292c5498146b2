package gradcamnb

import (
	"context"
	"fmt"
	"image"
	"iter"
	"math/bits"
	"sync"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// PictureError says why one of many pictures was not explained. The other pictures are explained.
type PictureError struct {
	Index int   // of the picture, from 0
	Err   error // what went wrong with it
}

func (e *PictureError) Error() string { return fmt.Sprintf("picture %d: %v", e.Index+1, e.Err) } // as elsewhere, from 1

// Unwrap returns what went wrong with the picture.
func (e *PictureError) Unwrap() error { return e.Err }

// ExplainEach explains any number of pictures in batches and yields one result for each picture, in their order. Three
// things happen at the same time: the next batch is read, the model runs on another one, and the caller uses the
// results of the one before. No more than these three batches are in memory. A batch of more than 512 MB of pixels is
// explained in parts. The choices hold for every picture.
//
// If a picture comes with an error, ExplainEach yields a [PictureError] in place of its result and goes on. Any other
// error, also that of ctx, ends the sequence.
//
//	for r, err := range model.ExplainEach(ctx, pictures, 16) {
//		if err != nil {
//			return err
//		}
//		use(r)
//	}
func (m *Model) ExplainEach(ctx context.Context, pictures iter.Seq2[image.Image, error], batch int,
	choices ...Choice) iter.Seq2[*heatmap.Result, error] {
	return func(yield func(*heatmap.Result, error) bool) {
		if batch < 1 {
			yield(nil, fmt.Errorf("a batch of %d pictures: it must be at least 1", batch))
			return
		}
		if err := (Request{}).With(choices...).CheckForEvery(); err != nil {
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

// group is a batch of pictures on its way through the stages of [Model.ExplainEach].
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

// groupBytes limits a group: when its pictures have this many bytes, it is explained, however few they are.
const groupBytes = 512 << 20

// readGroups reads pictures and sends them in groups of batch, together with the errors that come between.
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
		if g.cut || len(g.pictures) == batch || len(g.errs)/8 >= batch { // a run of errors is told, too
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

// pace measures how long batches take. It decides what is quicker for a last batch that is smaller: to fill it up with
// copies of a picture and drop their results, or to compile a program for its size.
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
	full := n
	switch {
	case g.cut: // no program for each number of large pictures
		full = min(p.batch, 1<<bits.Len(uint(n-1)))
	case p.fill(n):
		full = p.batch
	}
	for len(pictures) < full {
		pictures = append(pictures, pictures[n-1])
	}
	start := time.Now()
	results, err := m.Run(ctx, Request{Pictures: pictures, Series: true}, choices...)
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

// fill tells whether copies cost less than compiling. The copies cost (batch - n)/batch of a batch; compiling costs
// what the first batch took longer than a later one.
func (p *pace) fill(n int) bool {
	if n == p.batch || p.steady == 0 {
		return false
	}
	copies := time.Duration(int64(p.steady) / int64(p.batch) * int64(p.batch-n))
	return copies < p.first-p.steady
}
