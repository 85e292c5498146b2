package source

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// variables are those that the store has.
func (m *gomlxModel) variables() map[*model.Variable]bool {
	out := map[*model.Variable]bool{}
	for v := range m.store.IterVariables() {
		out[v] = true
	}
	return out
}

// refuseMadeUp stops if the graph function reads a weight that has no value, which GoMLX would
// fill with random numbers: nobody has trained them. Weights that the function itself gives a
// value, as one that reads them from files does, are its own. The store is left as it was.
func (m *gomlxModel) refuseMadeUp(g *Graph, before map[*model.Variable]bool) {
	if m.card.Untrained {
		return
	}
	var made []*model.Variable
	for v := range m.store.IterVariables() {
		if v.DType().IsFloat() && v.InUseByGraph(g) && !v.HasValue() {
			made = append(made, v)
		}
	}
	if len(made) == 0 {
		return
	}
	for _, v := range made {
		if !before[v] {
			_ = m.store.DeleteVariable(v.Path()) // it was just made
		}
	}
	first := made[0]
	where := ""
	for _, n := range g.Nodes() {
		if n.Type() == NodeTypeParameter && n.GetParameterName() == first.Path() {
			if line := userLine(n); line != "" {
				where = ", at " + line
			}
		}
	}
	panic(fmt.Errorf("model %s: its graph function makes up the weights %s %s in the scope %s%s, which nobody has trained or loaded, and %d more; the store has weights in %s: load them, call the function in the scope that they lie in, or say in the card that the model is Untrained",
		m.card.Name, first.Path(), first.Shape(), first.Scope(), where, len(made)-1, scopeWords(before)))
}

// scopeWords are the scopes of variables, a few of them.
func scopeWords(of map[*model.Variable]bool) string {
	var scopes []string
	for v := range of {
		if !slices.Contains(scopes, v.Scope()) {
			scopes = append(scopes, v.Scope())
		}
	}
	slices.Sort(scopes)
	const most = 6
	switch {
	case len(scopes) == 0:
		return "no scope at all"
	case len(scopes) > most:
		return fmt.Sprintf("%s and %d more scopes", strings.Join(scopes[:most], ", "), len(scopes)-most)
	}
	return strings.Join(scopes, ", ")
}
