package gradcamnb

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/border"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/place"
	"github.com/gradcam-go/gradcam/internal/waiting"
)

// Model is an open model. Several goroutines may call its methods at the same time. Their computations wait for each
// other, since one program runs at a time, on all cores.
type Model struct{ session guardedSession }

// Open reads a model from an ONNX file or from the hub, hf://owner/name/file.onnx[@revision]. A model from the hub is
// fetched into the cache that Python's tools use, too. If a model has several inputs and their shapes do not tell which
// one is the picture, write model.onnx#name. In a notebook the kernel's resident engine opens the model and keeps it
// for later cells. In any other program the engine that is linked in opens it.
//
// Open reads the model's preprocessing and labels from the sidecar beside it (model.json for model.onnx), or from the
// repository's preprocessor_config.json and config.json; see docs/models.md.
func Open(ref string) (*Model, error) { return OpenContext(context.Background(), ref) }

// OpenContext is like Open, but stops reading and downloading when ctx is done. The next call resumes a partial
// download.
func OpenContext(ctx context.Context, ref string) (m *Model, err error) {
	defer border.Recover(&err)
	w := waiting.Start("opening " + path.Base(ref))
	defer w.End()
	s, err := driver.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	return NewModel(s), nil
}

// MustOpen is like Open, but panics with the error.
func MustOpen(ref string) *Model { return must.Get(Open(ref)) }

// NewModel returns a model for an engine's session. Engines use it for models that are not files.
func NewModel(s driver.Session) *Model { return &Model{guardedSession{s}} }

// Close tells the engine that the model is not needed any more, so that it can use the memory for others. Close is
// optional: an engine limits the memory of its models by itself, and a notebook's kernel keeps its models for the next
// cell.
func (m *Model) Close() error {
	return m.session.Close()
}

// Info returns the description of the model.
func (m *Model) Info() Info { return m.session.Info() }

// Layers returns the model's layers in the order of execution, for the chosen inputs.
func (m *Model) Layers(inputs ...ask.InputChoice) ([]Layer, error) {
	return m.LayersContext(context.Background(), inputs...)
}

// LayersContext is like Layers, but stops when ctx is done.
func (m *Model) LayersContext(ctx context.Context, inputs ...ask.InputChoice) ([]Layer, error) {
	return m.session.Layers(ctx, inputRequest(inputs))
}

// inputRequest returns a request that holds only the choices about inputs.
func inputRequest(choices []ask.InputChoice) Request {
	var r Request
	for _, c := range choices {
		c.Choose(&r)
	}
	return Request{Prep: r.Prep, Inputs: r.Inputs}
}

// Prepare returns the tensor that the model takes for a picture, as a batch of one. It also serves for an input that is
// a second picture; see [Input].
func (m *Model) Prepare(img image.Image, inputs ...ask.InputChoice) (Tensor, error) {
	info, r := m.Info(), inputRequest(inputs)
	prep := info.Prep
	if r.Prep != nil {
		prep = r.Prep
	}
	if prep == nil {
		return Tensor{}, fault.Errorf(fault.ErrNoPreprocessing,
			"nothing says how to prepare a picture for the model %s: give %s, or a sidecar", info.Name,
			place.Words("gradcamnb.Prepared", "--size, --mean and --scale"))
	}
	how, err := prep.ForChannels(info.Channels())
	if err != nil {
		return Tensor{}, fmt.Errorf("preparing the picture: %w", err)
	}
	values, frame, err := how.Tensor(img, info.Layout)
	if err != nil {
		return Tensor{}, fmt.Errorf("preparing the picture: %w", err)
	}
	channels := len(values) / (frame.ModelH * frame.ModelW)
	if info.Layout == imgio.ChannelsLast {
		return Tensor{Dims: []int{1, frame.ModelH, frame.ModelW, channels}, Values: values}, nil
	}
	return Tensor{Dims: []int{1, channels, frame.ModelH, frame.ModelW}, Values: values}, nil
}

// Explain returns the maps that show why the model said what it said about a picture: one for every chosen target,
// layer and method. Without choices it returns Grad-CAM of the prediction at the suggested layer.
func (m *Model) Explain(img image.Image, choices ...Choice) (*heatmap.Result, error) {
	results, err := m.ExplainAll([]image.Image{img}, choices...)
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

// ExplainContext is like Explain, but ends when ctx does, with the error of ctx. A call that runs finishes its pass
// first. A call that waits for another one, or for the compiler, returns at once. The compiler cannot be stopped: it
// goes on in the background, and later calls of the engine wait for it.
func (m *Model) ExplainContext(ctx context.Context, img image.Image, choices ...Choice) (*heatmap.Result, error) {
	results, err := m.Run(ctx, Request{Pictures: []image.Image{img}}, choices...)
	if len(results) == 0 {
		return nil, err
	}
	return results[0], err
}

// MustExplain is like Explain, but panics with the error.
func (m *Model) MustExplain(img image.Image, choices ...Choice) *heatmap.Result {
	return must.Get(m.Explain(img, choices...))
}

// ExplainAll explains several pictures as one batch. A target may name one index for all pictures, or one for each.
func (m *Model) ExplainAll(imgs []image.Image, choices ...Choice) ([]*heatmap.Result, error) {
	if len(imgs) == 0 {
		return nil, errors.New("there is no picture to explain")
	}
	return m.Run(context.Background(), Request{Pictures: imgs}, choices...)
}

// MustExplainAll is like ExplainAll, but panics with the error.
func (m *Model) MustExplainAll(imgs []image.Image, choices ...Choice) []*heatmap.Result {
	return must.Get(m.ExplainAll(imgs, choices...))
}

// ExplainTensor explains a ready-made batch of model inputs, without preprocessing.
func (m *Model) ExplainTensor(t Tensor, choices ...Choice) ([]*heatmap.Result, error) {
	return m.Run(context.Background(), Request{Tensor: &t}, choices...)
}

// Detect returns what a detector finds in a picture, the surest detection first.
func (m *Model) Detect(img image.Image, choices ...Choice) ([]heatmap.Detection, error) {
	return m.DetectContext(context.Background(), img, choices...)
}

// DetectContext is like Detect, but ends when ctx does, as ExplainContext does.
func (m *Model) DetectContext(ctx context.Context, img image.Image, choices ...Choice) ([]heatmap.Detection, error) {
	found, err := m.DetectAll(ctx, Request{Pictures: []image.Image{img}}, choices...)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// MustDetect is like Detect, but panics with the error.
func (m *Model) MustDetect(img image.Image, choices ...Choice) []heatmap.Detection {
	return must.Get(m.Detect(img, choices...))
}

// DetectAll is the general form of Detect. It adds the choices to the request and returns what the detector finds in
// each of the request's pictures.
func (m *Model) DetectAll(ctx context.Context, r Request, choices ...Choice) ([][]heatmap.Detection, error) {
	w := waiting.Start("detecting with " + m.Info().Name)
	defer w.End()
	return m.session.Detect(ctx, r.With(choices...))
}

// Run is the general form of Explain. It adds the choices to the request and returns one result for each picture. If
// the work takes longer than a second, Run shows a line until it is done or, if the request's Progress is set, until
// that is first called.
func (m *Model) Run(ctx context.Context, r Request, choices ...Choice) ([]*heatmap.Result, error) {
	r = r.With(choices...)
	layers, err := m.expandLayers(ctx, r)
	if err != nil {
		return nil, err
	}
	r.Layers = layers
	w := m.startWaiting()
	defer w.End()
	if heard := r.Progress; heard == nil {
		r.Progress, r.OnlyCounts = func(p Progress) { w.Report(p.Done, p.Total) }, true
	} else {
		r.Progress = func(p Progress) {
			w.End() // from now on the caller says how far it is
			heard(p)
		}
	}
	results, err := m.session.Explain(ctx, r)
	sign(results, r, m.Info())
	callPictures(results, r)
	return results, err
}

// MustRun is like Run, but panics with the error.
func (m *Model) MustRun(ctx context.Context, r Request, choices ...Choice) []*heatmap.Result {
	return must.Get(m.Run(ctx, r, choices...))
}

// String returns the model in one line, for fmt.Println.
func (m *Model) String() string { return m.Info().String() }

// startWaiting starts the line that is shown while the caller waits for an explanation.
func (m *Model) startWaiting() *waiting.Wait {
	info := m.Info()
	w := waiting.Start("explaining " + info.Name)
	if strings.HasPrefix(info.Backend, "xla") {
		w.SetFirst("compiling: every new set of layers and methods once, later it is quick")
	}
	return w
}
