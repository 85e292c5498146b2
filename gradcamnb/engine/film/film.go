// Package film follows what a network looks at while it trains: the same pictures, explained
// every so many steps, as a strip of maps.
//
//	model := engine.MustModel(card, store, fn)
//	strip := film.Watch(loop, 20, model, pictures, gradcamnb.Class(0)).OnFrame(nb.Strip("training"))
//	_, err := loop.RunSteps(dataset, 1000)
//	nb.MustShowFilm(strip.Results()...)
package film

import (
	"fmt"
	"image"
	"slices"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Most is how many frames a film keeps. Of a longer one every second frame is dropped, again
// and again, so that its memory has an end; the last one always stays.
const Most = 64

// Frame is what the network looked at after a step.
type Frame struct {
	Step    int               // training step at which it was taken
	Loss    float64           // the loop's first metric then: as a rule the loss of the step's batch; NaN if it has none
	Results []*heatmap.Result // of the pictures
}

// Film is the frames of a training. Its methods may be called while the training runs.
type Film struct {
	model    *gradcamnb.Model
	pictures []image.Image
	choices  []gradcamnb.Choice
	onFrame  func(*heatmap.Sheet) error

	mu     sync.Mutex
	frames []Frame
	every  int // frames of which one is kept
	taken  int
	err    error
}

// Watch explains pictures after every so many steps, and at the end, of a loop that trains the model's own
// weights, which are read where they lie: nothing is copied, and the training goes on as it
// would without. One program is compiled for all frames.
//
// A first frame that fails ends the training with the error, as the model or the choices are
// wrong. What fails later, such as a training that diverged, ends the film alone: see
// [Film.Err].
func Watch(loop *train.Loop, every int, m *gradcamnb.Model, pictures []image.Image, choices ...gradcamnb.Choice) *Film {
	f := New(m, pictures, choices...)
	train.EveryNSteps(loop, max(1, every), "what the network looks at", 0,
		func(l *train.Loop, metrics []*tensors.Tensor) error {
			return f.Take(l.LoopStep+1, firstOf(metrics))
		})
	loop.OnEnd("what the network looks at in the end", 0, func(l *train.Loop, metrics []*tensors.Tensor) error {
		if frames := f.Frames(); len(frames) > 0 && frames[len(frames)-1].Step == l.LoopStep {
			return nil
		}
		return f.Take(l.LoopStep, firstOf(metrics))
	})
	return f
}

// New is a film without a loop, for which [Film.Take] is called, such as at each evaluation.
func New(m *gradcamnb.Model, pictures []image.Image, choices ...gradcamnb.Choice) *Film {
	return &Film{model: m, pictures: pictures, choices: choices, every: 1}
}

// OnFrame has a function called with the strip so far after every frame, such as nb.Strip's,
// and returns the film. An error of it ends the training.
func (f *Film) OnFrame(show func(*heatmap.Sheet) error) *Film {
	f.onFrame = show
	return f
}

// Take explains the pictures as the network is now, and adds the frame.
func (f *Film) Take(step int, loss float64) error {
	if f.Err() != nil {
		return nil //nolint:nilerr // the film has ended, the training goes on
	}
	results, err := f.model.ExplainAll(f.pictures, f.choices...)
	if err != nil {
		err = fmt.Errorf("looking at the network after step %d: %w", step, err)
	}
	f.mu.Lock()
	first := f.taken == 0
	if err != nil {
		f.err = err
	} else {
		f.add(Frame{Step: step, Loss: loss, Results: results})
	}
	f.mu.Unlock()
	switch {
	case err != nil && first:
		return err
	case err != nil || f.onFrame == nil:
		return nil //nolint:nilerr // kept in Err, the training goes on
	}
	sheet, err := f.Sheet()
	if err != nil {
		return err
	}
	return f.onFrame(sheet)
}

// add keeps a frame. The last one of all may stand between those that are kept.
func (f *Film) add(frame Frame) {
	if n := len(f.frames); n > 0 && (f.taken-1)%f.every != 0 {
		f.frames = f.frames[:n-1]
	}
	f.frames = append(f.frames, frame)
	f.taken++
	if len(f.frames) <= Most {
		return
	}
	kept := f.frames[:0]
	for i, frame := range f.frames {
		if i%2 == 0 {
			kept = append(kept, frame)
		}
	}
	clear(f.frames[len(kept):])
	f.frames, f.every = kept, 2*f.every
}

// Err is why the film ended before the training; nil if it did not.
func (f *Film) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Frames are those that are kept, in order.
func (f *Film) Frames() []Frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.frames)
}

// Results are those of all frames, picture by picture, named by their steps: what a card with
// a slider over the steps shows.
func (f *Film) Results() []*heatmap.Result {
	var out []*heatmap.Result
	frames := f.Frames()
	for p := range f.pictures {
		for _, frame := range frames {
			r := *frame.Results[p]
			r.Name = fmt.Sprintf("step %d", frame.Step)
			if len(f.pictures) > 1 {
				r.Name = fmt.Sprintf("picture %d, %s", p+1, r.Name)
			}
			out = append(out, &r)
		}
	}
	return out
}

// Sheet is the strip: a row for every map of every picture, a column for every frame, with
// the step and the loss as its title. All maps of a row have one scale of their own.
func (f *Film) Sheet() (*heatmap.Sheet, error) {
	frames := f.Frames()
	if len(frames) == 0 {
		return nil, fmt.Errorf("the film has no frame yet")
	}
	s := &heatmap.Sheet{Title: f.model.Info().Name + " while it trains"}
	for _, frame := range frames {
		s.Columns = append(s.Columns, fmt.Sprintf("step %d, loss %.3g", frame.Step, frame.Loss))
	}
	for p := range f.pictures {
		for k, m := range frames[0].Results[p].Maps {
			s.Rows = append(s.Rows, rowTitle(p, len(f.pictures), m, len(frames[0].Results[p].Maps)))
			var row []heatmap.Cell
			for i := range frames {
				row = append(row, heatmap.Cell{Result: p*len(frames) + i, Map: k})
			}
			s.Cells = append(s.Cells, row)
		}
	}
	s.Results = f.Results()
	return s, nil
}

func rowTitle(picture, pictures int, m *heatmap.Map, maps int) string {
	title := ""
	if pictures > 1 {
		title = fmt.Sprintf("picture %d", picture+1)
	}
	if maps > 1 || title == "" {
		if title != "" {
			title += ", "
		}
		title += m.Method + ", " + m.Target
	}
	return title
}
