package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/plans"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/must"
)

// DetectFn is a detector of the user's own. It takes a batch of pictures and returns what it finds in each, with boxes
// in pixels of that picture. Every detection must have a Box and either Class or Scores. Objectness 0 means that the
// detector has none. All masks must have the same size; each covers its whole picture.
type DetectFn func(pictures []image.Image) ([][]heatmap.Detection, error)

// Detector returns a model for a user's own detector. The methods that only hide parts of the picture can explain it:
// RISE, which is D-RISE for detections, and occlusion. They call the detector in batches of [gradcamnb.Sampling.Batch].
func Detector(name string, labels []string, find DetectFn) (*gradcamnb.Model, error) {
	if find == nil || len(labels) == 0 {
		return nil, fmt.Errorf("the detector %s needs its function and the labels of its classes", name)
	}
	return gradcamnb.NewModel(Default().detector(name, labels, find)), nil
}

// MustDetector is like Detector, but panics with the error.
func MustDetector(name string, labels []string, find DetectFn) *gradcamnb.Model {
	return must.Get(Detector(name, labels, find))
}

func (e *Engine) detector(name string, labels []string, find DetectFn) *ownDetector {
	card := source.Card{Name: name, Labels: labels, Input: []int{-1, -1, -1, 3}, Layout: imgio.ChannelsLast,
		Outputs: []string{"detections"}}
	return &ownDetector{e.newSession(source.Foreign(card, model.NewStore(), nil).Model), labels, find}
}

// ownDetector is the session of a detector that is a Go function.
type ownDetector struct {
	*session
	labels []string
	find   DetectFn
}

// Layers returns no layers, since a function has none.
func (f *ownDetector) Layers(context.Context, gradcamnb.Request) ([]gradcamnb.Layer, error) {
	return nil, nil
}

// Detect returns what the function finds.
func (f *ownDetector) Detect(ctx context.Context, r gradcamnb.Request) ([][]heatmap.Detection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case len(r.Pictures) == 0 || slices.Contains(r.Pictures, nil):
		return nil, errors.New("a detector that is a Go function needs pictures, none of which is nil")
	case len(r.Boxes) > 0 || len(r.Inputs) > 0 || r.Prep != nil || r.Reading != (gradcamnb.Reading{}):
		return nil, fmt.Errorf("the detector %s is a Go function, which gets whole pictures and reads its findings itself: leave out InBox, Input, Prepared and Read",
			f.model.Card().Name)
	}
	found, err := f.find(r.Pictures)
	if err != nil {
		return nil, fmt.Errorf("the detector %s: %w", f.model.Card().Name, err)
	}
	if len(found) != len(r.Pictures) {
		return nil, fmt.Errorf("the detector %s gave detections for %d pictures of %d", f.model.Card().Name, len(found),
			len(r.Pictures))
	}
	for k, list := range found {
		for i := range list {
			if err := f.complete(&list[i], r.Pictures[k]); err != nil {
				return nil, fmt.Errorf("the detector %s, picture %d of %d: %w", f.model.Card().Name, k+1, len(found), err)
			}
		}
		slices.SortStableFunc(list, func(a, b heatmap.Detection) int { return cmp.Compare(b.Score, a.Score) })
	}
	return found, nil
}

// complete fills in the fields that the function has left empty. It returns an error if the detection does not fit the
// labels, or if its numbers are none.
func (f *ownDetector) complete(d *heatmap.Detection, picture image.Image) error {
	if d.Scores == nil {
		if d.Class < 0 || d.Class >= len(f.labels) {
			return fmt.Errorf("it found the class %d, and its labels are %q", d.Class, f.labels)
		}
		d.Scores = make([]float32, len(f.labels))
		d.Scores[d.Class] = 1
	}
	if len(d.Scores) != len(f.labels) {
		return fmt.Errorf("it gave %d class scores, and its labels are %q", len(d.Scores), f.labels)
	}
	if err := checkNumbers(*d); err != nil {
		return err
	}
	d.Class = slices.Index(d.Scores, slices.Max(d.Scores))
	d.Label = f.labels[d.Class]
	if d.Objectness == 0 {
		d.Objectness = 1
	}
	if d.Score == 0 {
		d.Score = d.Objectness * d.Scores[d.Class]
	}
	if d.Frame.PictureW == 0 {
		d.Frame = wholeFrame(picture)
	}
	return nil
}

// checkNumbers returns an error if a number of the detection is NaN or infinite.
func checkNumbers(d heatmap.Detection) error {
	var what string
	switch {
	case !areFinite(d.Scores):
		what = "a class score"
	case !areFinite([]float32{d.Score}):
		what = "a score"
	case !areFinite([]float32{d.Objectness}):
		what = "an objectness"
	case !areFinite(d.Box[:]):
		what = "a box"
	case !areFinite(d.Mask.Values):
		what = "a mask"
	default:
		return nil
	}
	return fmt.Errorf("it gave %s that is no number (NaN or infinite)", what)
}

func areFinite[T float32 | float64](values []T) bool {
	return !slices.ContainsFunc(values, func(v T) bool {
		return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0)
	})
}

// wholeFrame returns the frame of a model that sees the picture as it is.
func wholeFrame(picture image.Image) imgio.Frame {
	return imgio.WholeFrame(picture.Bounds().Dx(), picture.Bounds().Dy())
}

// longestMask is the longest side of the masks that hide parts of a picture. Masks are stretched over the picture.
const longestMask = 512

// Explain explains detections by hiding parts of the pictures.
func (f *ownDetector) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	if r.Targets == nil {
		r.Targets = []gradcamnb.Target{gradcamnb.Detection(1)}
	}
	if r.Methods == nil {
		r.Methods = []string{perturb.RISE.Name}
	}
	found, err := f.Detect(ctx, r)
	if err != nil {
		return nil, err
	}
	if !r.Measuring.IsEmpty() {
		f.sayOnce(fmt.Sprintf("the maps of the detector %s are not measured, since it is a Go function", f.model.Card().Name))
	}
	b, end, err := f.engine.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var results []*heatmap.Result
	for i, picture := range r.Pictures { // pictures may differ in size
		result, err := f.explain(ctx, b, r, picture, found[i])
		if result != nil {
			results = append(results, result)
		}
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

func (f *ownDetector) explain(ctx context.Context, b *device.Backend, r gradcamnb.Request, picture image.Image,
	found []heatmap.Detection) (*heatmap.Result, error) {
	w, h := picture.Bounds().Dx(), picture.Bounds().Dy()
	shrink := max(1, float64(max(w, h))/longestMask)
	mw, mh := max(1, int(float64(w)/shrink)), max(1, int(float64(h)/shrink))
	seen := detections.FromDetector(found, f.labels, wholeFrame(picture))
	p, err := plans.NewHiding([]int{1, mh, mw, 3}, r.Methods)
	if err != nil {
		return nil, fmt.Errorf("the model %s is a Go function: %w", f.model.Card().Name, err)
	}
	if p.Aims, err = f.aims(r.Targets, seen); err != nil {
		return nil, err
	}
	var outcomes []aims.Outcome
	for _, a := range p.Aims {
		outcomes = append(outcomes, a.FindOutcome(found))
	}
	p.Host = func(ctx context.Context, masks []float32, n int) ([]float32, error) {
		return f.score(ctx, p, picture, masks, n)
	}
	result := &heatmap.Result{
		Picture: picture, Detections: found, Model: f.model.Card().Name, Backend: b.Name, Versions: plans.Versions(),
		Frame: imgio.Frame{PictureW: w, PictureH: h, ModelW: mw, ModelH: mh, ScaleX: float64(w) / float64(mw),
			ScaleY: float64(h) / float64(mh)},
	}
	in := inputs.Input{Dims: p.Input, Values: make([]float32, mh*mw*3), Pictures: []image.Image{picture},
		Frames: []imgio.Frame{result.Frame}}
	return result, run{
		session: f.session, backend: b, plan: p, request: r, input: in, found: outcomes, results: []*heatmap.Result{result},
	}.perturb(ctx)
}

// aims looks up targets among the detections that were found.
func (f *ownDetector) aims(targets []gradcamnb.Target, seen *detections.Findings) ([]aims.Aim, error) {
	var out []aims.Aim
	for _, t := range targets {
		if !t.IsDetection() {
			return nil, fmt.Errorf("target %s: the detector is a Go function, of which only detections can be explained", t)
		}
		list, err := aims.Lookup{Model: f.model, Pictures: 1, Detected: seen}.Aims(t)
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", t, err)
		}
		out = append(out, list[0])
	}
	return out, nil
}

// score returns the scores of the aims under n masks of the plan's size, [aims, n].
func (f *ownDetector) score(ctx context.Context, p plans.Plan, picture image.Image, masks []float32, n int) ([]float32,
	error) {
	mh, mw := p.Input[1], p.Input[2]
	hidden := make([]image.Image, n)
	for i := range hidden {
		hidden[i] = hide(picture, heatmap.Grid{W: mw, H: mh, Values: masks[i*mw*mh : (i+1)*mw*mh]})
	}
	found, err := f.Detect(ctx, gradcamnb.Request{Pictures: hidden})
	if err != nil {
		return nil, fmt.Errorf("with parts of the picture hidden: %w", err)
	}
	scores := make([]float32, len(p.Aims)*n)
	for a, aim := range p.Aims {
		for i := range n {
			scores[a*n+i] = aim.FindOutcome(found[i]).Score[0]
		}
	}
	return scores, nil
}

// hide returns a picture multiplied by a mask that is stretched over it.
func hide(picture image.Image, mask heatmap.Grid) *image.NRGBA {
	b := picture.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			m := mask.At(x*mask.W/b.Dx(), y*mask.H/b.Dy())
			red, green, blue, _ := picture.At(b.Min.X+x, b.Min.Y+y).RGBA()
			at := out.PixOffset(x, y)
			for c, v := range []uint32{red, green, blue} {
				out.Pix[at+c] = uint8(float32(v>>8)*m + 0.5)
			}
			out.Pix[at+3] = 255
		}
	}
	return out
}
