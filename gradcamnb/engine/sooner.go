package engine

import (
	"context"
	"errors"
	"image"
	"io"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/plans"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/machine"
)

// AnswerWhileCompiling makes pure Go compute an explanation at once if XLA would first have to compile its program,
// which takes seconds. XLA then compiles the program in the background, and computes such explanations from then on.
// Both agree to about 1e-6 of a map's largest value; a result says which one made it.
//
// It is for engines that a person waits for. It changes nothing if a backend was chosen, by its name or by
// $GOMLX_BACKEND. Nor does it change requests of several pictures, of many passes, of measures or of detections, those
// that are [ask.Request] Steady, and those that would take pure Go longer than about a second.
func (e *Engine) AnswerWhileCompiling() {
	if e.name != "" || os.Getenv(compute.ConfigEnvVar) != "" {
		return
	}
	quick := NewSaying("go", io.Discard)
	quick.keeps = e.keeps // one limit for both
	quick.most = quickLimit()
	e.quick = quick
}

// quickLimit returns how many multiplications a graph may have so that pure Go answers in about a second. Two cores of
// 2.6 GHz were measured: they do 20e9 a second with vector instructions and 4e9 without.
func quickLimit() float64 {
	perCore := 2e9
	if machine.Vectors() {
		perCore = 10e9
	}
	return perCore * float64(runtime.GOMAXPROCS(0))
}

// errTooLong is the error of a graph with more multiplications than its engine takes.
var errTooLong = errors.New("the graph has more multiplications than this engine takes")

// checkWork panics with [errTooLong] if a graph has more multiplications than the engine takes.
func (e *Engine) checkWork(g *Graph) {
	if e.most > 0 && multiplications(g) > e.most {
		panic(errTooLong)
	}
}

// multiplications returns about how many multiplications the convolutions and matrix products of a graph have: one for
// each value of the output and each value that it sums.
func multiplications(g *Graph) float64 {
	var all float64
	for _, n := range g.Nodes() {
		out := float64(n.Shape().Size())
		switch in := n.Inputs(); n.Type() {
		case NodeTypeConvGeneral: // the pass makes graphs whose channels are last
			all += out * float64(in[1].Shape().Size()) / float64(n.Shape().Dim(-1))
		case NodeTypeDotGeneral: // [m, k] x [k, n]: mk * kn / mn is k squared
			all += out * math.Sqrt(float64(in[0].Shape().Size())*float64(in[1].Shape().Size())/out)
		}
	}
	return all
}

// answerSooner explains a request in pure Go if XLA would have to compile first, and then has XLA compile in the
// background. faced is the session with the request's inputs. It returns nil if the engine itself is to answer, which
// then says what is wrong.
func (s *session) answerSooner(ctx context.Context, r gradcamnb.Request, faced *session, in inputs.Input,
	clock *stopwatch) []*heatmap.Result {
	may, compiled := faced.mayAnswerSooner(ctx, r, in)
	if !may {
		return nil
	}
	same, err := s.twin(ctx)
	if err != nil {
		return nil
	}
	if same, err = same.bindInputs(r); err != nil {
		return nil
	}
	tried := &stopwatch{clock.last, maps.Clone(clock.laps)} // whose time does not count if it fails
	results, err := same.explain(ctx, r, in, tried)
	if err != nil {
		s.slow.Store(errors.Is(err, errTooLong))
		return nil
	}
	s.sayOnce("pure Go explains until XLA has compiled, in the background, a set of layers and methods; a result's Backend says which did")
	if compiled {
		return results
	}
	s.engine.later.do(func() {
		if b, err := s.engine.startedBackend(); err == nil && isXLA(b.Name) {
			r.Progress = nil
			_, _ = faced.explain(context.Background(), r, in, newStopwatch()) // who asks again hears what went wrong
		}
	})
	return results
}

// twin returns the session of the same model in the engine that answers sooner. The file is not read again.
func (s *session) twin(ctx context.Context) (*session, error) {
	read := func() (source.Model, error) { return source.Twin(s.model) }
	same, err := s.engine.quick.model(ctx, s.ref, read)
	if err != nil || source.AreTwins(same.model, s.model) {
		return same, err
	}
	if err := same.Close(); err != nil { // the twin of what the file held before
		return nil, err
	}
	return s.engine.quick.model(ctx, s.ref, read)
}

// mayAnswerSooner tells whether a request has one program for one picture that XLA did not compile yet, or that has to
// wait since XLA compiles another one.
func (s *session) mayAnswerSooner(ctx context.Context, r gradcamnb.Request, in inputs.Input) (may, compiled bool) {
	e := s.engine
	if e.quick == nil || s.ref == "" || s.runs != nil || s.slow.Load() || e.ready.Load() && !isXLA(e.backend.Name) {
		return false, false
	}
	if r.Steady || in.Dims[0] != 1 || !r.Measuring.IsEmpty() ||
		slices.ContainsFunc(plans.Targets(s.model.Card(), r), ask.Target.IsDetection) {
		return false, false
	}
	look := func(string, image.Image) ([]int, []float32, error) {
		return nil, nil, errors.New("it takes a pass to tell")
	}
	p, err := plans.New(ctx, s.model, in.Dims, r, plans.Context{ReadValues: look})
	if err != nil || len(p.Forward) > 0 {
		return false, false
	}
	compiled = s.isCompiled(p)
	return !compiled || e.later.isBusy(), compiled
}

func isXLA(backend string) bool { return strings.HasPrefix(backend, "xla") }

// isCompiled tells whether the plan's program has run.
func (s *session) isCompiled(p plans.Plan) bool {
	m, err := s.engine.keeps()
	if err != nil {
		return false
	}
	m.Lock()
	defer m.Unlock()
	kept, ok := s.programs[s.values.Key+p.Key()]
	return ok && kept.HasRun()
}

// backgroundWork does one task at a time in the background. If several tasks wait, it does only the last one.
type backgroundWork struct {
	mu   sync.Mutex
	busy bool
	next func()
}

func (l *backgroundWork) do(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = f
	if l.busy {
		return
	}
	l.busy = true
	go func() {
		for {
			l.mu.Lock()
			f := l.next
			l.next = nil
			l.busy = f != nil
			l.mu.Unlock()
			if f == nil {
				return
			}
			doQuietly(f)
		}
	}()
}

// doQuietly calls a function and drops its panic, since nobody waits for what is done in the background.
func doQuietly(f func()) {
	defer func() { _ = recover() }()
	f()
}

func (l *backgroundWork) isBusy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busy
}
