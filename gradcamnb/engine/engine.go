// Package engine explains models: it is what links GoMLX into a program.
//
// A program that uses the front, [gradcamnb], links it with a blank import. A
// model that is built in Go code is handed to it directly, by [Model].
package engine

import (
	"io"
	"os"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

func init() { gradcamnb.Register(Default()) }

// Engine explains models within this process, on one backend.
type Engine struct {
	name string    // of the backend, empty for the default
	say  io.Writer // hears which backend was picked

	start   sync.Once
	backend *backend
	err     error

	run sync.Mutex // one program runs at a time: it has all cores
}

// New returns an engine on the named backend: "go", "xla:cpu", "xla:cuda" or
// "xla:<path of a PJRT plugin>"; empty for the default. The backend starts with
// the first explanation.
func New(backend string) *Engine {
	say := os.Stderr
	if os.Getenv("GONB_PIPE") != "" { // in a notebook, where stderr looks like an error
		say = os.Stdout
	}
	return &Engine{name: backend, say: say}
}

// Default is the engine of the process, on the default backend.
var Default = sync.OnceValue(func() *Engine { return New("") })

func (e *Engine) started() (*backend, error) {
	e.start.Do(func() { e.backend, e.err = openBackend(e.name, e.say) })
	return e.backend, e.err
}

// Open reads an ONNX file.
func (e *Engine) Open(path string) (gradcamnb.Session, error) {
	m, err := source.ONNX(path)
	if err != nil {
		return nil, err
	}
	return e.Session(m), nil
}

// Session explains a model from any source.
func (e *Engine) Session(m source.Model) gradcamnb.Session {
	return &session{engine: e, model: m, programs: map[string]*program{}}
}
