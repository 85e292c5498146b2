package source

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// gradientless is a node that the answer depends on and whose operator GoMLX has no gradient for.
type gradientless struct{ operator, line, layer string }

// withoutGradient returns the nodes of a model whose operator has no gradient.
func withoutGradient(w walkedModel, x *Node) (out []gradientless) {
	feeds := map[*Node]bool{}
	for _, n := range w.outputs {
		for of := range ancestors(n, nil) {
			feeds[of] = true
		}
	}
	for _, n := range x.Graph().Nodes() {
		if !feeds[n] || !w.Sees(n) || n == x || n.StopGradient() || n.CustomGradient() != nil ||
			n.Type() == NodeTypeSplitNode ||
			!slices.ContainsFunc(n.Inputs(), func(in *Node) bool { return in.DType().IsFloat() && w.Sees(in) }) {
			continue
		}
		if _, ok := VJPRegistration[n.Type()]; !ok {
			place := w.Home(n)
			out = append(out, gradientless{place.Op, userLine(n), place.Name})
		}
	}
	return out
}

// NoGradient returns an error that says which operator of a GoMLX model has no gradient, and where it stands. It
// returns nil if err is not GoMLX's error about a missing gradient.
func NoGradient(m Model, err error) error {
	g, ok := m.(*gomlxModel)
	if !ok || !strings.Contains(err.Error(), "no gradient is defined") {
		return nil
	}
	g.listed.mu.Lock()
	defer g.listed.mu.Unlock()
	for _, l := range g.listed.of {
		if len(l.gradientless) == 0 {
			continue
		}
		n, at := l.gradientless[0], ""
		if n.line != "" {
			at = ", made at " + n.line + ","
		}
		return &fault.FunctionError{Model: g.card.Name, Line: n.line, Cause: err, Text: fmt.Sprintf(
			"model %s: its layer %s%s is of the operator %s, which GoMLX has no gradient of: explain a layer after it, or with a method that takes no gradient, such as Recipro-CAM, Score-CAM, Occlusion or RISE",
			g.card.Name, n.layer, at, n.operator)}
	}
	return nil
}
