package source

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// variables returns the set of the store's variables.
func (m *gomlxModel) variables() map[*model.Variable]bool {
	out := map[*model.Variable]bool{}
	for v := range m.store.IterVariables() {
		out[v] = true
	}
	return out
}

// refuseMadeUp panics if the graph function reads a weight that has no value. GoMLX would fill it with random numbers,
// or with zeros, which nobody has trained. Whole numbers are weights if the outputs are computed from them, and else
// counters. A weight to which the function itself gives a value, for example from a file, is its own. feeds holds the
// nodes that the outputs are computed from.
func (m *gomlxModel) refuseMadeUp(g *Graph, feeds map[*Node]bool, before map[*model.Variable]bool,
	lazy map[string]*tensors.Tensor) {
	if m.card.Untrained {
		return
	}
	read := parameters(feeds)
	var made []*model.Variable
	for v := range m.store.IterVariables() {
		if (v.DType().IsFloat() || read[v.Path()]) && v.InUseByGraph(g) && !v.HasValue() {
			made = append(made, v)
		}
	}
	if len(made) == 0 {
		m.refuseTwins(g, before, lazy)
		return
	}
	first := made[0]
	line, where := m.locateReading(g, first)
	if before[first] {
		m.wrongf(line, first.Scope(), "graph function reads the weights %s %s%s, which the store has without a value, and %d more: nobody has trained or loaded them, or a trainer has them while it steps; explain in the loop's callbacks, as film.Watch does, and not from another goroutine, or say in the card that the model is Untrained",
			first.Path(), first.Shape(), where, len(made)-1)
	}
	m.wrongf(line, first.Scope(), "graph function makes up the weights %s %s in the scope %s%s, which nobody has trained or loaded, and %d more; the store has weights in %s: load them, call the function in the scope that they lie in, or say in the card that the model is Untrained",
		first.Path(), first.Shape(), first.Scope(), where, len(made)-1, scopeWords(scopesOf(before))+m.lazily())
}

// parameters returns the names of the parameters among nodes.
func parameters(among map[*Node]bool) map[string]bool {
	out := map[string]bool{}
	for n := range among {
		if n.Type() == NodeTypeParameter {
			out[n.GetParameterName()] = true
		}
	}
	return out
}

// refuseTwins panics if the graph function gives all its weights values of its own, and the store has a twin of each
// that the function does not read: it is called in another scope than that of the weights. If only some weights are so,
// they may be meant, and the model says it once.
func (m *gomlxModel) refuseTwins(g *Graph, before map[*model.Variable]bool, lazy map[string]*tensors.Tensor) {
	if m.store.Loader() != nil && lazy == nil {
		return // the loader does not tell which weights it brought
	}
	var own, twin *model.Variable // the first ones
	read, twins := 0, 0
	for v := range m.store.IterVariables() {
		if !v.DType().IsFloat() || !v.InUseByGraph(g) {
			continue
		}
		read++
		if before[v] || lazy[v.Path()] != nil {
			continue
		}
		if t := m.findUnreadTwin(g, v, before); t != nil {
			if twins++; twins == 1 {
				own, twin = v, t
			}
		}
	}
	if twins == 0 {
		return
	}
	line, where := m.locateReading(g, own)
	text := fmt.Sprintf("graph function gives the weights %s %s in the scope %s%s values of its own, and %d more, and does not read those of the same name and shape that the store has in the scope %s, %s",
		own.Path(), own.Shape(), own.Scope(), where, twins-1, twin.Scope(), twin.Path())
	if twins == read {
		m.wrongf(line, own.Scope(), "%s: call the function in the scope that they lie in, or say in the card that the model is Untrained", text)
	}
	m.doubt(g, text+": call it in that scope if those are meant")
}

// findUnreadTwin returns a variable that the store had before and the graph does not read, with the name and the shape
// of another one; nil if there is none.
func (m *gomlxModel) findUnreadTwin(g *Graph, of *model.Variable, before map[*model.Variable]bool) *model.Variable {
	for v := range m.store.IterVariables() {
		if before[v] && v.HasValue() && v.Name() == of.Name() && v.Shape().Equal(of.Shape()) && !v.InUseByGraph(g) {
			return v
		}
	}
	return nil
}

// Doubt returns a sentence about what is strange in how a GoMLX model takes its weights from the store; empty if
// nothing is. The model's layers must have been listed.
func Doubt(m Model) string {
	g, ok := m.(*gomlxModel)
	if !ok {
		return ""
	}
	if doubt := g.listed.doubt.Load(); doubt != nil {
		return *doubt
	}
	return ""
}

// locateReading returns the line of the graph function that reads a variable, and words for it; both are empty if it is
// unknown.
func (m *gomlxModel) locateReading(g *Graph, v *model.Variable) (line, where string) {
	for _, n := range g.Nodes() {
		if n.Type() == NodeTypeParameter && n.GetParameterName() == v.Path() {
			if line = m.by.lineFor(n); line != "" {
				where = ", at " + line
			}
		}
	}
	return line, where
}

// forgetMade removes from the store what a graph function has made that failed, or was refused. What a loader has
// brought stays, since it cannot bring it again.
func (m *gomlxModel) forgetMade(before map[*model.Variable]bool) {
	for v := range m.variables() {
		if !before[v] && (m.store.Loader() == nil || !v.HasValue()) {
			_ = m.store.DeleteVariable(v.Path())
		}
	}
}

// listLazy returns the weights that a checkpoint holds and the store does not show yet, by path; nil if there is no
// loader, or if it does not tell, as only GoMLX's own checkpoints do.
func (m *gomlxModel) listLazy() map[string]*tensors.Tensor {
	loader, ok := m.store.Loader().(interface {
		LoadedVariables() map[string]*tensors.Tensor
	})
	if !ok {
		return nil
	}
	paths := map[string]*tensors.Tensor{}
	for key, value := range loader.LoadedVariables() {
		_, path, _ := strings.Cut(key, ":") // "var:/scope/name"
		paths[path] = value
	}
	return paths
}

// lazily returns words that name the scopes of the weights that a checkpoint holds and the store does not show yet.
func (m *gomlxModel) lazily() string {
	lazy := m.listLazy()
	switch {
	case m.store.Loader() == nil:
		return ""
	case lazy == nil:
		return ", but for those that its loader brings when they are asked for by name"
	}
	var scopes []string
	for path, value := range lazy {
		if value.DType().IsFloat() { // no state of random numbers
			scope, _ := model.SplitPath(path)
			scopes = append(scopes, scope)
		}
	}
	return ", and its checkpoint in " + scopeWords(scopes)
}

// scopesOf returns the scopes of the weights among variables. What a training keeps besides them, such as moments, is
// not trainable, and counts only if nothing is.
func scopesOf(variables map[*model.Variable]bool) []string {
	var trainable, others []string
	for v := range variables {
		switch {
		case !v.DType().IsFloat() || !v.HasValue():
		case v.Trainable:
			trainable = append(trainable, v.Scope())
		default:
			others = append(others, v.Scope())
		}
	}
	if len(trainable) > 0 {
		return trainable
	}
	return others
}

// keepVariables makes an explanation leave every variable as it was, also one that the graph function changes, such as
// a counter, a moving average or the state of its random numbers. Only a training may change them.
func (m *gomlxModel) keepVariables(g *Graph) {
	var read map[string]*Node
	for v := range m.store.IterVariables() {
		if !v.InUseByGraph(g) || !v.ChangedInGraph(g) {
			continue
		}
		if read == nil {
			read = parameterNodes(g)
		}
		if n := read[v.Path()]; n != nil {
			v.SetNodeValue(n)
		}
	}
}

// scopeWords returns words that name scopes, each once, a few of them.
func scopeWords(scopes []string) string {
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	const most = 6
	switch {
	case len(scopes) == 0:
		return "no scope at all"
	case len(scopes) > most:
		return fmt.Sprintf("%s and %d more scopes", strings.Join(scopes[:most], ", "), len(scopes)-most)
	}
	return strings.Join(scopes, ", ")
}

// CheckWeights returns an error that names a weight of a GoMLX model that holds NaN or infinity; nil if no weight does.
func CheckWeights(m Model) error {
	g, ok := m.(*gomlxModel)
	if !ok {
		return nil
	}
	for v := range g.store.IterVariables() {
		if !v.HasValue() || !v.DType().IsFloat() {
			continue
		}
		t, err := v.Value()
		if err != nil {
			return fmt.Errorf("model %s: reading the weights %s: %w", g.card.Name, v.Path(), err)
		}
		at, _ := g.listed.locateVariable(v.Path())
		if at.line == "" || !t.Ok() || finite(t) {
			continue
		}
		return &fault.FunctionError{Model: g.card.Name, Line: at.line, Scope: v.Scope(), Text: fmt.Sprintf("model %s: its weights %s, read at %s, hold NaN or infinity, so its scores are no numbers: the training has diverged, or the checkpoint is damaged", g.card.Name, v.Path(), at.line)}
	}
	return nil
}

// finite tells whether a tensor holds neither NaN nor infinity.
func finite(t *tensors.Tensor) bool {
	ok := true
	t.MustConstFlatData(func(flat any) {
		values := reflect.ValueOf(flat)
		for i := range values.Len() {
			x := number(values.Index(i))
			ok = ok && !math.IsNaN(x) && !math.IsInf(x, 0)
		}
	})
	return ok
}

// number returns a value of any float type.
func number(v reflect.Value) float64 {
	if short, ok := v.Interface().(interface{ Float32() float32 }); ok {
		return float64(short.Float32())
	}
	return v.Float()
}
