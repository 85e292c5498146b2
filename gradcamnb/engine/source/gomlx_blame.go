package source

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
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
		pcs := make([]uintptr, 512)
		pcs = pcs[:runtime.Callers(1, pcs)]
		f := &fault.FunctionError{Model: m.card.Name, Line: m.by.lineOf(pcs), Scope: lastScope(x.Graph(), nil)}
		f.Cause, _ = e.(error)
		if f.Cause != nil && lacking.MatchString(f.Cause.Error()) {
			f.Kind = fault.ErrUnsupported
		}
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
		f.Text = fmt.Sprintf("model %s: its graph function fails%s, for the picture %v%s: %s", m.card.Name, at,
			m.ownShape(x), describeLast(x.Graph()), reason(e))
		panic(f)
	}()
	return function()
}

// refuseStrayNodes panics if an output is of another graph, or is computed from a parameter that the function makes for
// itself and that nobody gives a value. Only a listed graph, which is traced, has no other parameters than the picture
// and the weights.
func (m *gomlxModel) refuseStrayNodes(x *Node, out []*Node) {
	for i, n := range out {
		if n != nil && n.Graph() != x.Graph() {
			m.wrongFunctionf(x.Graph(), "returns as its output %d a node of another graph, %q: return what it computes from its picture in this call", i, n.Graph().Name())
		}
	}
	if x.Trace() == nil {
		return
	}
	for n := range ancestors(acceptAny, out...) {
		if n.Type() == NodeTypeParameter && n != x && !strings.HasPrefix(n.GetParameterName(), model.RootScopePath) {
			m.wrongAtf(n, "graph function%s makes the parameter %q, which nobody gives a value: name such an input in the card's Inputs, or make it a variable or a constant", m.by.locate(n), n.GetParameterName())
		}
	}
}

// refuseEmpty panics if numbers are computed from a part of the picture, or of what is made of it, without elements.
// Such a part may be joined to others.
func (m *gomlxModel) refuseEmpty(w *walk.Walk, ends []*Node) {
	isEmpty := func(n *Node) bool { return n.NumOutputs() == 1 && n.Shape().Size() == 0 }
	used := ancestors(acceptAny, ends...)
	for _, n := range ends[0].Graph().Nodes() {
		if !used[n] || !w.Sees(n) || isEmpty(n) || n.Type() == NodeTypeConcatenate {
			continue
		}
		if at := slices.IndexFunc(n.Inputs(), isEmpty); at >= 0 {
			in := n.Inputs()[at]
			m.wrongAtf(in, "graph function takes a part of the shape %v%s which has no elements: what it computes from that means nothing", in.Shape().Dimensions, m.by.locate(in))
		}
	}
}

// describeLast returns words for the shape of what the graph computed last; empty if it computed nothing. Not every
// backend's errors name the shapes that do not fit.
func describeLast(g *Graph) string {
	for _, n := range slices.Backward(g.Nodes()) {
		if len(n.Inputs()) > 0 && n.NumOutputs() == 1 {
			return fmt.Sprintf(", after a value of the shape %v", n.Shape().Dimensions)
		}
	}
	return ""
}

// wrongf panics with one sentence about what the graph function builds.
func (m *gomlxModel) wrongf(line, scope, format string, args ...any) {
	panic(m.errorf(line, scope, format, args...))
}

// errorf returns an error about what the graph function builds.
func (m *gomlxModel) errorf(line, scope, format string, args ...any) error {
	return &fault.FunctionError{Model: m.card.Name, Line: line, Scope: scope,
		Text: fmt.Sprintf("model %s: its "+format, append([]any{m.card.Name}, args...)...)}
}

// wrongFunctionf panics with one sentence that says what the graph function as a whole does wrong.
func (m *gomlxModel) wrongFunctionf(g *Graph, format string, args ...any) {
	line := m.by.in(g).line
	m.wrongf(line, lastScope(g, nil), "graph function, %s, "+format, append([]any{line}, args...)...)
}

// wrongAtf panics with one sentence about a node that the graph function builds.
func (m *gomlxModel) wrongAtf(n *Node, format string, args ...any) {
	panic(m.errorAt(n, format, args...))
}

// errorAt returns an error about a node that the graph function builds.
func (m *gomlxModel) errorAt(n *Node, format string, args ...any) error {
	return m.errorf(m.by.lineFor(n), lastScope(n.Graph(), n), format, args...)
}

// LocateCardError adds to an error about what the card of a GoMLX model lacks the line of its graph function. It
// returns any other error as it is.
func LocateCardError(m Model, err error) error {
	if m, ok := m.(*gomlxModel); ok && m.by.line != "" && errors.Is(err, fault.ErrNoPreprocessing) {
		return fmt.Errorf("%w; its graph function is at %s", err, m.by.line)
	}
	return err
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

// lastScope returns the scope of the variable that the graph read last, before a node if one is given.
func lastScope(g *Graph, before *Node) string {
	nodes := g.Nodes() // by rising Id
	if before != nil {
		until, found := slices.BinarySearchFunc(nodes, walk.Original(before).Id(), func(n *Node, id NodeId) int {
			return cmp.Compare(n.Id(), id)
		})
		if found {
			until++
		}
		nodes = nodes[:until]
	}
	for _, n := range slices.Backward(nodes) {
		if n.Type() != NodeTypeParameter || !strings.HasPrefix(n.GetParameterName(), model.RootScopePath) {
			continue
		}
		if scope, name := model.SplitPath(n.GetParameterName()); name != model.RNGStateVariableName {
			return scope
		}
	}
	return ""
}
