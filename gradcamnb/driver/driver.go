// Package driver is for authors of engines and kernels. It defines what an engine has to do, registers engines, and
// lets them answer other processes over a socket. Programs that explain a model use package gradcamnb.
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

// Engine does the work of package gradcamnb. Programs do not call it; they call gradcamnb.Open, which finds the engine
// of the notebook's kernel by itself. Without a kernel a program links an engine with a blank import, as it does a
// driver of database/sql.
type Engine interface {
	// OpenContext reads a model. If ctx ends while a model is being fetched, the fetch ends too.
	OpenContext(ctx context.Context, ref string) (Session, error)
}

// Session is one open model within an engine.
type Session interface {
	Info() ask.Info

	// Layers returns the model's layers. Of the request it uses the preprocessing and the inputs besides the picture.
	// Listing stops when ctx ends.
	Layers(ctx context.Context, r ask.Request) ([]ask.Layer, error)

	// Detect returns what a detector finds in each picture, the surest detection first. Of the request it uses the
	// pictures, the other inputs, the preprocessing and the Reading.
	Detect(ctx context.Context, r ask.Request) ([][]heatmap.Detection, error)

	// Explain answers a request with one result for each picture. If ctx ends first, it returns the results so far, if
	// there are any, with the context's error.
	Explain(ctx context.Context, r ask.Request) ([]*heatmap.Result, error)
}

var linked struct {
	sync.Mutex
	engine Engine
}

// Register makes an engine the one that gradcamnb.Open uses in this process. An engine's package calls it when it is
// imported. Register panics if it is called twice, since a program must not import two engines.
func Register(e Engine) {
	linked.Lock()
	defer linked.Unlock()
	if linked.engine != nil {
		panic("driver: Register is called twice: two packages that are engines are linked in; import one")
	}
	linked.engine = e
}

// Open reads a model with the kernel's resident engine if there is one, or else with the engine that is linked in.
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

// Status returns a line that says which engine [Open] takes if [SocketEnv] holds that socket. An empty socket means
// that it holds none.
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

// ShowWaiting replaces the terminal's progress line, which appears if work takes longer than a second. It calls show
// with the line's text whenever that changes, and with an empty text at the end. Package nb uses it to show the line in
// notebooks. ShowWaiting may be called while work is going on.
func ShowWaiting(show func(line string)) { waiting.Show(show) }
