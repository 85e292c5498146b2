// Package engine explains models with GoMLX.
//
// A program that uses the front, [gradcamnb], links the engine with a blank import. A model that is built in Go code
// goes to the engine directly, with [Model].
//
// Importing the package registers the engine with the front and changes nothing else in the process. Package keepmemory
// tunes the process's allocator for programs that want that. Several goroutines may call all functions and methods at
// the same time. One program runs at a time, on all cores. Calls wait for their turn, and stop waiting when their
// context ends.
package engine

import (
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/gomlx/compute"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/memory"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/notebook"
	"github.com/gradcam-go/gradcam/internal/printable"
)

func init() { driver.Register(Default()) }

// Engine explains models within this process, on one backend.
type Engine struct {
	name string    // of the backend, empty for the default
	say  io.Writer // takes lines for the user, such as which backend was picked

	start   sync.Once
	backend *device.Backend
	err     error
	ready   atomic.Bool // the backend may be read
	closed  atomic.Bool

	turn turn
	idle idle

	said sync.Map // lines about models that were printed

	runtimes sync.Map // models that onnxruntime has loaded or loads, by the session's entry

	keeps func() (*memory.Memory, error)
	open  map[string]openedModel // by what they were opened with; the memory's lock guards it

	quick *Engine        // answers in pure Go while XLA compiles; nil if none does
	later backgroundWork // what XLA compiles then
	most  float64        // multiplications that a graph may have; 0 means any number

	reading pendingReads
}

// New returns an engine on the named backend: "go", "xla:cpu", "xla:cuda", "xla:<path of a PJRT plugin>" or
// "onnxruntime". The empty name means the default backend. The backend starts with the first explanation.
func New(backend string) *Engine {
	say := os.Stderr
	if notebook.Cell() { // in a notebook, where stderr looks like an error
		say = os.Stdout
	}
	return NewSaying(backend, say)
}

// NewSaying is like [New], but the engine prints its lines for the user to say, such as which backend was picked.
func NewSaying(backend string, say io.Writer) *Engine {
	return &Engine{name: backend, say: printable.Writer(say), turn: newTurn(), keeps: sync.OnceValues(memory.New),
		open: map[string]openedModel{}}
}

// Default returns the engine of the process, on the default backend.
func Default() *Engine { return process() }

var process = sync.OnceValue(func() *Engine { return New("") })

func (e *Engine) startedBackend() (*device.Backend, error) {
	if e.closed.Load() {
		return nil, ErrClosed
	}
	e.start.Do(func() {
		e.backend, e.err = device.Open(e.name, e.say)
		e.ready.Store(e.err == nil)
	})
	return e.backend, e.err
}

// Open reads an ONNX file, or fetches one from the hub. If a file was opened before and has not changed, Open does not
// read it again: the engine keeps models and their programs, within the limit of [MemoryEnv].
func (e *Engine) Open(ref string) (driver.Session, error) {
	return e.OpenContext(context.Background(), ref)
}

// OpenContext is like Open, but stops reading and downloading when ctx is done.
func (e *Engine) OpenContext(ctx context.Context, ref string) (driver.Session, error) {
	s, err := e.model(ctx, ref, func() (source.Model, error) { return source.Open(ctx, ref, e.say) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Session returns a session that explains a model from any source.
func (e *Engine) Session(m source.Model) driver.Session {
	return e.newSession(m)
}

func (e *Engine) newSession(m source.Model) *session {
	source.ListOn(m, func() (compute.Backend, error) {
		b, err := e.startedBackend()
		if err != nil {
			return nil, err
		}
		return b.Backend, nil
	})
	return &session{engine: e, model: m, values: source.BoundModel{Model: m}, programs: map[string]*keptProgram{},
		entry: &memory.Entry{}, proved: &sync.Map{}, slow: &atomic.Bool{}}
}

// Start starts the backend. Without it the first explanation does.
func (e *Engine) Start() error {
	_, err := e.startedBackend()
	return err
}
