// Package film shows what a network looks at while it trains: it explains the same pictures at regular steps and
// collects the maps in a strip.
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

// Most is the most frames that a film keeps, so that its memory is limited. When there are more, every second frame is
// dropped, as often as it is needed. The last frame always stays.
const Most = 64

// Frame holds the maps after a step of the training.
type Frame struct {
	Step    int               // training step at which it was taken
	Loss    float64           // the loop's first metric, as a rule the loss of the step's batch; NaN if it has none
	Results []*heatmap.Result // of the pictures
}

// Film collects the frames of a training. Its methods may be called while the training runs.
type Film struct {
	model    *gradcamnb.Model
	pictures []image.Image
	choices  []gradcamnb.Choice

	mu      sync.Mutex
	onFrame func(*heatmap.Sheet) error
	frames  []Frame
	every   int // one of this many frames is kept
	taken   int
	err     error
}

// Watch returns a film of a training loop. After every so many steps, and at the end, it explains the pictures with the
// weights that the loop trains. It copies no weights and does not change the training. One program is compiled for all
// frames.
//
// If the first frame fails, the training ends with the error, since the model or the choices are wrong. If a later
// frame fails, for example because the training diverged, only the film ends; see [Film.Err].
func Watch(loop *train.Loop, every int, m *gradcamnb.Model, pictures []image.Image, choices ...gradcamnb.Choice) *Film {
	f := New(m, pictures, choices...)
	train.EveryNSteps(loop, max(1, every), "what the network looks at", 0,
		func(l *train.Loop, metrics []*tensors.Tensor) error {
			return f.Take(l.LoopStep+1, firstMetric(metrics))
		})
	loop.OnEnd("what the network looks at in the end", 0, func(l *train.Loop, metrics []*tensors.Tensor) error {
		return f.takeNew(l.LoopStep, firstMetric(metrics))
	})
	return f
}

// New returns a film without a loop. The caller adds frames with [Film.Take].
func New(m *gradcamnb.Model, pictures []image.Image, choices ...gradcamnb.Choice) *Film {
	return &Film{model: m, pictures: pictures, choices: choices, every: 1}
}

// OnFrame sets a function that is called with the strip so far after every frame, such as that of nb.Strip. It returns
// the film. An error of the function ends the training.
func (f *Film) OnFrame(show func(*heatmap.Sheet) error) *Film {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onFrame = show
	return f
}

// Take explains the pictures with the network's present weights and adds the frame.
func (f *Film) Take(step int, loss float64) error {
	if f.Err() != nil {
		return nil //nolint:nilerr // the film has ended, the training goes on
	}
	results, err := f.model.ExplainAll(f.pictures, f.choices...)
	if err != nil {
		err = fmt.Errorf("explaining the network after step %d: %w", step, err)
	}
	f.mu.Lock()
	first := f.taken == 0
	if err == nil && !first {
		err = checkMaps(f.frames[0].Results, results, step)
	}
	if err != nil {
		f.err = err
	} else {
		f.add(Frame{Step: step, Loss: loss, Results: results})
	}
	show := f.onFrame
	f.mu.Unlock()
	switch {
	case err != nil && first:
		return err
	case err != nil || show == nil:
		return nil //nolint:nilerr // kept in Err, the training goes on
	}
	sheet, err := f.Sheet()
	if err != nil {
		return err
	}
	return show(sheet)
}

// checkMaps returns an error if a picture has another number of maps than in the first frame, whose maps are the rows
// of the strip.
func checkMaps(first, now []*heatmap.Result, step int) error {
	for i, r := range now {
		if n := len(first[i].Maps); n != len(r.Maps) {
			return fmt.Errorf("picture %d has %d maps after step %d, and %d in the first frame: choose targets whose number does not depend on what the network finds",
				i+1, len(r.Maps), step, n)
		}
	}
	return nil
}

// takeNew takes a frame, unless there is one of this step.
func (f *Film) takeNew(step int, loss float64) error {
	if frames := f.Frames(); len(frames) > 0 && frames[len(frames)-1].Step == step {
		return nil
	}
	return f.Take(step, loss)
}

// add adds a frame. The last frame of all is kept even if it is not one of the regular frames.
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

// Err returns the error that ended the film before the training, or nil if there is none.
func (f *Film) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Frames returns the frames that are kept, in order.
func (f *Film) Frames() []Frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.frames)
}

// Results returns the results of all frames, picture by picture, named by their steps. A card with a slider over the
// steps shows them.
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

// Sheet returns the strip: a row for every map of every picture, and a column for every frame, with the step and the
// loss as its title. It returns an error if there is no frame yet.
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
