package gradcamnb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/resident"
)

// Engine answers for this package. Programs do not call it: they find the one of the
// notebook's kernel by itself, or link one in, in the manner of database/sql drivers,
// and use [Open].
type Engine interface {
	// OpenContext reads a model; the end of ctx ends it while it fetches one.
	OpenContext(ctx context.Context, ref string) (Session, error)
}

// Session is one open model within an engine.
type Session interface {
	Info() Info

	// Layers lists the model's layers. Of the request it reads the preprocessing and the
	// inputs beside the picture.
	Layers(r Request) ([]Layer, error)

	// Detect lists what a detector finds in each picture, the surest first. Of the
	// request it reads the pictures, the other inputs, the preprocessing and the detector.
	Detect(ctx context.Context, r Request) ([][]heatmap.Detection, error)

	// Explain answers a request. Where ctx ends first it returns what there is so
	// far, if anything, with the context's error.
	Explain(ctx context.Context, r Request) ([]*heatmap.Result, error)
}

// Info describes a model.
type Info struct {
	Name    string
	SHA256  string // of the model's file, hex; empty for a model that has none
	Input   []int  // declared shape of the input that is the picture, batch first; -1 where it is free
	Layout  imgio.Layout
	Picture string   // the input that the model was opened with as the picture, model.onnx#name; empty where nobody had to say
	Inputs  []string // the inputs beside the picture, with type and shape, in words
	Prep    *imgio.Prep
	Labels  []string            // of the classes of the first output; nil if nothing names them
	Outputs []string            // the first one is the model's answer
	Heads   map[string][]string // names of the values of outputs, for models with several heads
	Detects bool                // the model's sidecar says how its detections are read
	Masks   bool                // and they have instance masks
	Backend string              // what computes, e.g. "xla:cpu"
}

// Elements are the names of what [Target.At] can take instead of a target's class or value: the
// labels of the output that it is about. They are nil if nothing names them, or if the target has no
// elements.
func (i Info) Elements(t Target) []string {
	var outputs kind.Outputs
	for k, name := range i.Outputs {
		labels := i.Heads[name]
		if labels == nil && k == 0 {
			labels = i.Labels
		}
		outputs = append(outputs, kind.Output{Name: name, Labels: labels})
	}
	return t.Elements(outputs)
}

// Channels is the number of channels of the input that is the picture, 0 where it is free.
func (i Info) Channels() int {
	at := 1
	if i.Layout == imgio.ChannelsLast {
		at = len(i.Input) - 1
	}
	if at < 0 || at >= len(i.Input) {
		return 0
	}
	return max(i.Input[at], 0)
}

// Layer is a place in a model to explain at.
type Layer struct {
	Name      string `json:"name"` // tensor name, or node alias
	Path      string `json:"path"` // module path of the source network; empty where the file carries none
	Op        string `json:"op"`
	Shape     []int  `json:"shape"`            // as the model has it, batch first
	Grid      [3]int `json:"grid"`             // height, width and channels of a map there; zero where it has no spatial size
	Beside    bool   `json:"beside,omitempty"` // it does not depend on the picture, but on another input alone
	Feeds     bool   `json:"feeds"`            // it feeds the model's first output
	Level     bool   `json:"level,omitempty"`  // it is the last map before a detector's heads, of one of its levels
	Suggested bool   `json:"suggested"`        // it is what Explain takes when no layer is named
	Why       string `json:"why,omitempty"`    // why it is suggested
}

var linked struct {
	sync.Mutex
	engine Engine
}

// Register makes an engine the one that [Open] uses in this process. The package of the
// engine calls it when it is imported; a second engine is a mistake in the program's imports,
// and Register panics.
func Register(e Engine) {
	linked.Lock()
	defer linked.Unlock()
	if linked.engine != nil {
		panic("gradcamnb: Register is called twice: two packages that are engines are linked in; import one")
	}
	linked.engine = e
}

// open opens a model with the kernel's resident engine where there is one, else with
// the engine that is linked in.
func open(ctx context.Context, ref string) (Session, error) {
	linked.Lock()
	own := linked.engine
	linked.Unlock()
	socket := os.Getenv(SocketEnv)
	if socket == "" {
		if own == nil {
			return nil, fault.Errorf(fault.ErrNoEngine, `no engine is linked in: add import _ "github.com/gradcam-go/gradcam/gradcamnb/engine"`)
		}
		return own.OpenContext(ctx, ref)
	}
	s, err := newRemoteEngine(socket).OpenContext(ctx, ref)
	var none *resident.UnavailableError
	if own == nil || !errors.As(err, &none) {
		return s, err
	}
	say(fmt.Sprintf("gradcam: %v; explaining within this program\n", err))
	return own.OpenContext(ctx, ref)
}
