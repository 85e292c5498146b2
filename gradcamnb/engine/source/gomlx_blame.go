package source

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	pkgerrors "github.com/pkg/errors"
)

// call calls the graph function. What it panics with says where in the function that was, and
// of which model, in one sentence.
func (m *gomlxModel) call(x *Node, function func() []*Node) (out []*Node) {
	defer func() {
		e := recover()
		if e == nil {
			return
		}
		pcs := make([]uintptr, 128)
		pcs = pcs[:runtime.Callers(1, pcs)]
		at := ""
		if line := lineOf(pcs); line != "" {
			at = " at " + line
		}
		if weights := lastVariable(x.Graph()); weights != "" {
			at += ", after the weights of " + weights
		}
		panic(fmt.Errorf("model %s: its graph function fails%s, for the picture %v: %s", m.card.Name, at,
			x.Shape().Dimensions, reason(e)))
	}()
	return function()
}

// reason is what was panicked with, as one line.
func reason(e any) string {
	err, ok := e.(error)
	if !ok {
		err = fmt.Errorf("%v", e)
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// lastVariable is the scope of the variable that the graph read last.
func lastVariable(g *Graph) string {
	for _, n := range slices.Backward(g.Nodes()) {
		if n.Type() == NodeTypeParameter && strings.HasPrefix(n.GetParameterName(), model.RootScopePath) {
			scope, _ := model.SplitPath(n.GetParameterName())
			return scope
		}
	}
	return ""
}

// libraries are what a graph function calls, and what calls it.
var libraries = []string{
	"runtime.", "github.com/gomlx/", "github.com/gradcam-go/gradcam/gradcamnb/engine/source.",
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/",
}

// lineOf is the innermost line of a stack that is the user's, "model.go:34" with the folder
// before it; empty where there is none. GoMLX's own examples count as a user's.
func lineOf(pcs []uintptr) string {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		library := slices.ContainsFunc(libraries, func(p string) bool { return strings.HasPrefix(f.Function, p) })
		if f.Function != "" && (!library || strings.HasPrefix(f.Function, "github.com/gomlx/gomlx/examples/") ||
			strings.HasSuffix(f.File, "_test.go")) {
			return fmt.Sprintf("%s:%d", filepath.Join(filepath.Base(filepath.Dir(f.File)), filepath.Base(f.File)), f.Line)
		}
		if !more {
			return ""
		}
	}
}

// userLine is the line of the graph function that made a node of a traced graph.
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
