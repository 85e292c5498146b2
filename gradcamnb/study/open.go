package study

import (
	"context"
	"fmt"
	"image"
	"slices"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/border"
)

// openedPicture is a picture that could be read.
type openedPicture struct {
	at    int // in the study
	img   image.Image
	truth heatmap.Grid // empty if it is not known, or there is no object
	class int          // of the model that explains it: that of the label, -1 if it is not known
}

// openedBatch is the pictures from number from to before number to: those that could be read, and rows of the others.
type openedBatch struct {
	from, to int
	good     []openedPicture
	failed   []Row
	panicked error // of a picture's function, with its stack; nil if none panicked
}

// openedBatches are the batches of a part. The next one is read while one is explained.
type openedBatches struct {
	ready   chan openedBatch
	cancel  context.CancelFunc
	reading sync.WaitGroup
}

// openBatches begins to read the pictures from number begin to before number end.
func (s *Study) openBatches(ctx context.Context, begin, end int) *openedBatches {
	b := &openedBatches{ready: make(chan openedBatch)}
	ctx, b.cancel = context.WithCancel(ctx)
	b.reading.Go(func() {
		defer close(b.ready)
		for from := begin; from < end; {
			batch := s.openBatch(ctx, from, min(from+s.batch(), end))
			select {
			case b.ready <- batch:
			case <-ctx.Done():
				return
			}
			from = batch.to
		}
	})
	return b
}

// next returns the next batch. It is empty if the context has ended.
func (b *openedBatches) next() openedBatch {
	batch := <-b.ready
	if batch.panicked != nil {
		panic(batch.panicked)
	}
	return batch
}

// stop ends the reading, and waits until it has ended.
func (b *openedBatches) stop() {
	b.cancel()
	b.reading.Wait()
}

// maxOpened limits a batch: when its pictures and truths have this many bytes, it is explained, however few they are.
// Two batches are in memory at a time.
const maxOpened = 256 << 20

// openBatch reads the pictures from number from to before number to, until they have [maxOpened] bytes or the context
// ends.
func (s *Study) openBatch(ctx context.Context, from, to int) (b openedBatch) {
	defer func() {
		if value := recover(); value != nil {
			b.panicked = border.NewPanicError(value)
		}
	}()
	b.from, b.to = from, from
	for bytes := 0; b.to < to && bytes < maxOpened && ctx.Err() == nil; b.to++ {
		o, err := s.open(b.to)
		if err != nil {
			row := s.failedRow(s.Model, b.to, err)
			if len(s.Others) > 0 { // it concerns all of them
				row.Model = ""
			}
			b.failed = append(b.failed, row)
			continue
		}
		b.good = append(b.good, o)
		bytes += pixelBytes(o.img)*o.img.Bounds().Dx()*o.img.Bounds().Dy() + 4*len(o.truth.Values)
	}
	return b
}

// pixelBytes returns how many bytes a pixel of a picture takes in memory, at most.
func pixelBytes(img image.Image) int {
	switch img.(type) {
	case *image.Gray, *image.Alpha, *image.Paletted:
		return 1
	case *image.Gray16, *image.Alpha16:
		return 2
	case *image.YCbCr:
		return 3
	case *image.RGBA64, *image.NRGBA64:
		return 8
	}
	return 4
}

func (s *Study) open(i int) (openedPicture, error) {
	p := s.Pictures[i]
	img, err := p.Open()
	if err != nil {
		return openedPicture{}, err
	}
	o := openedPicture{at: i, img: img}
	if p.Truth != nil {
		if o.truth, err = p.Truth(img.Bounds()); err != nil {
			return openedPicture{}, fmt.Errorf("its truth: %w", err)
		}
		if !slices.ContainsFunc(o.truth.Values, func(v float32) bool { return v > 0 }) {
			// There is no object, and a map cannot lie on it or beside it.
			o.truth = heatmap.Grid{}
		}
	}
	return o, nil
}
