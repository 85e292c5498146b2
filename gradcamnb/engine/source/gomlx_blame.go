package source

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	pkgerrors "github.com/pkg/errors"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// call calls the graph function. If it panics, call panics with one sentence that says in which model, and where in the
// function.
func (m *gomlxModel) call(x *Node, function func() []*Node) (out []*Node) {
	defer func() {
		e := recover()
		if e == nil {
			return
		}
		pcs := make([]uintptr, 128)
		pcs = pcs[:runtime.Callers(1, pcs)]
		f := &fault.FunctionError{Model: m.card.Name, Line: lineOf(pcs), Scope: lastVariable(x.Graph())}
		f.Cause, _ = e.(error)
		at := ""
		if f.Line != "" {
			at = " at " + f.Line
		}
		if f.Scope != "" {
			at += ", after the weights of " + f.Scope
		}
		if m.store.IsTraining(x.Graph()) {
			at += ", after it switched training on"
		}
		f.Text = fmt.Sprintf("model %s: its graph function fails%s, for the picture %v: %s", m.card.Name, at,
			x.Shape().Dimensions, reason(e))
		panic(f)
	}()
	return function()
}

// wrongf panics with one sentence about what the graph function builds.
func (m *gomlxModel) wrongf(line, scope, format string, args ...any) {
	panic(&fault.FunctionError{Model: m.card.Name, Line: line, Scope: scope,
		Text: fmt.Sprintf("model %s: its "+format, append([]any{m.card.Name}, args...)...)})
}

// reason returns the value of a panic as one line. If it is the error of a program that the function itself runs,
// around which GoMLX wraps several, reason returns the innermost one.
func reason(e any) string {
	err, ok := e.(error)
	if !ok {
		err = fmt.Errorf("%v", e)
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	for inner := errors.Unwrap(err); inner != nil && strings.Contains(line, "graphFn for "); inner = errors.Unwrap(inner) {
		line, _, _ = strings.Cut(inner.Error(), "\n")
	}
	if line == "" {
		return "it panics without a word"
	}
	return lacking.ReplaceAllString(line, "the backend $2 has no operator $1")
}

// lacking is GoMLX's error for an operator that a backend does not have.
var lacking = regexp.MustCompile(`sorry, op "(\w+)" not implemented in the "(\w+)" backend yet.*`)

// lastVariable returns the scope of the variable that the graph read last.
func lastVariable(g *Graph) string {
	for _, n := range slices.Backward(g.Nodes()) {
		if n.Type() == NodeTypeParameter && strings.HasPrefix(n.GetParameterName(), model.RootScopePath) {
			scope, _ := model.SplitPath(n.GetParameterName())
			return scope
		}
	}
	return ""
}

// libraries are the packages that a graph function calls, and those that call it.
var libraries = []string{
	"runtime.", "github.com/gomlx/", "github.com/gradcam-go/gradcam/gradcamnb/engine/source.",
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/",
}

// lineOf returns the innermost line of a stack that is in the user's code, "model.go:34" with the folder in front;
// empty if there is none. GoMLX's own examples count as user code.
func lineOf(pcs []uintptr) string {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		library := slices.ContainsFunc(libraries, func(p string) bool { return strings.HasPrefix(f.Function, p) })
		if f.Function != "" && (!library || strings.HasPrefix(f.Function, "github.com/gomlx/gomlx/examples/") ||
			strings.HasSuffix(f.File, "_test.go")) {
			return lineIn(f.File, f.Line)
		}
		if !more {
			return ""
		}
	}
}

// functionPlace returns the place where a function is written, "model.go:34" with the folder in front.
func functionPlace(function any) string {
	f := runtime.FuncForPC(reflect.ValueOf(function).Pointer())
	if f == nil {
		return ""
	}
	file, line := f.FileLine(f.Entry())
	return lineIn(file, line)
}

func lineIn(file string, line int) string {
	return fmt.Sprintf("%s:%d", filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file)), line)
}

// userLine returns the line of the graph function that made a node of a traced graph.
func userLine(n *Node) string {
	traced, ok := n.Trace().(interface{ StackTrace() pkgerrors.StackTrace })
	if !ok {
		return ""
	}
	var pcs []uintptr
	for _, f := range traced.StackTrace() {
		pcs = append(pcs, uintptr(f))
	}
	return lineOf(pcs)
}
