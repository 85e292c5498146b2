package driver

import (
	"context"
	"encoding/gob"
	"fmt"
	"image"
	"io"
	"net"
	"os"
	"slices"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/resident"
)

func init() { // what a request's pictures may be; see sendable
	for _, p := range []image.Image{&image.RGBA{}, &image.NRGBA64{}, &image.RGBA64{}, &image.Gray{}, &image.Gray16{},
		&image.YCbCr{}, &image.CMYK{}} {
		gob.Register(p)
	}
}

// Serve answers calls on a socket with engines until the socket is closed. The kernel's resident engine runs it while
// the cells' programs come and go. A program finds the socket through the environment variable [SocketEnv].
//
// newEngine makes the engine of a backend. Serve calls it at once for the default backend, whose name is empty, and for
// another backend when a program first asks for it. What the engine writes to say reaches the user of the cell that
// asks.
func Serve(l *net.UnixListener, newEngine func(backend string, say io.Writer) Engine) error {
	s := &server{newEngine: newEngine, engines: map[string]Engine{}}
	s.calls = resident.Server{Types: wireTypes(), Methods: map[string]resident.Method{
		"Info":    method(s, info),
		"Layers":  method(s, layers),
		"Explain": method(s, s.explain),
		"Detect":  method(s, s.detections),
	}}
	fmt.Fprintf(&s.calls, "gradcam: explaining in the kernel's engine, which keeps models and compiled programs between cells\n")
	s.engine("")
	return s.calls.Serve(l)
}

type server struct {
	calls     resident.Server
	newEngine func(backend string, say io.Writer) Engine

	mu      sync.Mutex
	engines map[string]Engine // by backend

	pictures keptPictures
}

// engine returns the engine of a backend and makes it if it is new. The backend that this process's environment names
// is the default.
func (s *server) engine(backend string) Engine {
	if backend == os.Getenv("GOMLX_BACKEND") {
		backend = ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.engines[backend]
	if !ok {
		e = s.newEngine(backend, &s.calls)
		s.engines[backend] = e
	}
	return e
}

// method returns a handler that opens the model of a call and answers with f. The progress that f gets is nil if nobody
// listens.
func method[Args, Answer any](s *server, f func(ctx context.Context, m Session, args Args,
	progress func(ask.Progress)) (Answer, error)) resident.Method {
	return resident.Handle(func(ctx context.Context, a remoteCall[Args], note func(ask.Progress)) (
		none Answer, err error) {
		m, err := s.engine(a.Backend).OpenContext(ctx, a.Ref)
		if err != nil {
			return none, err
		}
		if a.SHA256 != "" && a.SHA256 != m.Info().SHA256 {
			return none, fmt.Errorf("the model file %s has changed since it was opened: open it again", a.Ref)
		}
		report := note
		switch {
		case !a.Listens:
			report = nil
		case a.Counts:
			report = func(p ask.Progress) { note(ask.Progress{Done: p.Done, Total: p.Total}) }
		}
		return f(ctx, m, a.Args, report)
	})
}

func info(_ context.Context, m Session, _ noArguments, _ func(ask.Progress)) (ask.Info, error) {
	return m.Info(), nil
}

func layers(ctx context.Context, m Session, r ask.Request, _ func(ask.Progress)) ([]ask.Layer, error) {
	return m.Layers(ctx, r)
}

func (s *server) detections(ctx context.Context, m Session, c picturesCall,
	_ func(ask.Progress)) ([][]heatmap.Detection, error) {
	r, err := s.pictures.request(c)
	if err != nil {
		return nil, err
	}
	return m.Detect(ctx, r)
}

func (s *server) explain(ctx context.Context, m Session, c picturesCall,
	progress func(ask.Progress)) ([]*heatmap.Result, error) {
	r, err := s.pictures.request(c)
	if err != nil {
		return nil, err
	}
	if progress != nil {
		r.Progress = func(p ask.Progress) {
			p.Partial = dropPictures(p.Partial, r.Pictures)
			progress(p)
		}
	}
	results, err := m.Explain(ctx, r)
	return dropPictures(results, r.Pictures), err
}

// dropPictures leaves out the pictures that the caller has sent.
func dropPictures(results []*heatmap.Result, pictures []image.Image) []*heatmap.Result {
	out := make([]*heatmap.Result, len(results))
	for i, r := range results {
		bare := *r
		bare.Maps = slices.Clone(r.Maps) // what is on its way stays as it is
		if i < len(pictures) && r.Picture == pictures[i] {
			bare.Picture = nil
		}
		out[i] = &bare
	}
	return out
}
