// Package driver is for authors of engines and kernels. It says what an engine has to do, registers it, and lets it
// answer other processes over a socket. Programs that explain a model use package gradcamnb.
package driver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/notebook"
	"github.com/gradcam-go/gradcam/internal/resident"
	"github.com/gradcam-go/gradcam/internal/waiting"
)

// Engine does the work of package gradcamnb. Programs do not call it, they call gradcamnb.Open. That finds the engine
// of the notebook's kernel by itself. Without a kernel a program links an engine in, as it does a driver of
// database/sql.
type Engine interface {
	// OpenContext reads a model. If ctx ends while a model is being fetched, the fetch ends too.
	OpenContext(ctx context.Context, ref string) (Session, error)
}

// Session is one open model within an engine.
type Session interface {
	Info() ask.Info

	// Layers lists the model's layers. Of the request it reads the preprocessing and the
	// inputs besides the picture.
	Layers(r ask.Request) ([]ask.Layer, error)

	// Detect lists what a detector finds in each picture, the surest first. Of the
	// request it reads the pictures, the other inputs, the preprocessing and the detector.
	Detect(ctx context.Context, r ask.Request) ([][]heatmap.Detection, error)

	// Explain answers a request. If ctx ends first it returns what there is so
	// far, if anything, with the context's error.
	Explain(ctx context.Context, r ask.Request) ([]*heatmap.Result, error)
}

var linked struct {
	sync.Mutex
	engine Engine
}

// Register makes an engine the one that gradcamnb.Open uses in this process. The package of the
// engine calls it when it is imported; a second engine is a mistake in the program's imports,
// and Register panics.
func Register(e Engine) {
	linked.Lock()
	defer linked.Unlock()
	if linked.engine != nil {
		panic("driver: Register is called twice: two packages that are engines are linked in; import one")
	}
	linked.engine = e
}

// Open reads a model with the kernel's resident engine if there is one, else with the engine that is
// linked in.
func Open(ctx context.Context, ref string) (Session, error) {
	linked.Lock()
	own := linked.engine
	linked.Unlock()
	socket := os.Getenv(SocketEnv)
	if socket == "" {
		if own == nil {
			return nil, fault.Errorf(fault.ErrNoEngine,
				`no engine is linked in: add import _ "github.com/gradcam-go/gradcam/gradcamnb/engine"`)
		}
		return own.OpenContext(ctx, ref)
	}
	s, err := newRemoteEngine(socket).OpenContext(ctx, ref)
	var none *resident.UnavailableError
	if own == nil || !errors.As(err, &none) {
		return s, err
	}
	notebook.Say(fmt.Sprintf("gradcam: %v; explaining within this program\n", err))
	return own.OpenContext(ctx, ref)
}

// Status says which engine [Open] takes, if the environment names that socket; empty if it names none.
func Status(socket string) string {
	linked.Lock()
	own := "an engine is linked in"
	if linked.engine == nil {
		own = `no engine is linked in; import _ "github.com/gradcam-go/gradcam/gradcamnb/engine" links one`
	}
	linked.Unlock()
	if socket == "" {
		return own + ", and no kernel's engine is named in " + SocketEnv
	}
	err := newRemoteEngine(socket).answers()
	if none, ok := errors.AsType[*resident.UnavailableError](err); ok {
		return fmt.Sprintf("the kernel's engine cannot be used: %v; restart the kernel; %s", none, own)
	}
	return "the kernel's engine, at " + socket
}

// ShowWaiting replaces the line of the terminal in which work that takes longer than a second says how far it is: show
// gets what the line says now, and nothing at the end. Package nb shows it in notebooks. It may be called while work
// is going on.
func ShowWaiting(show func(line string)) { waiting.Show(show) }
