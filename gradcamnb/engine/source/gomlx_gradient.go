package source

import (
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
	"github.com/gradcam-go/gradcam/internal/fault"
)

// gradientless is a node whose operator GoMLX has no gradient for, with the layers that a gradient through it may be
// taken at.
type gradientless struct {
	operator, layer string
	line, where     string // line of the graph function, and words for it
	scope           string // scope of the weights that it read last
	dims            []int  // shape of the node's value

	of    map[string]bool // layers that the node depends on
	feeds map[string]bool // layers and outputs that depend on the node
}

// findGradientless finds those nodes of a model, in the order of execution. The nodes given are those of the layers.
func (l *listing) findGradientless(w walkedModel, x *Node, nodes []*Node) {
	var found []*Node
	for _, n := range x.Graph().Nodes() {
		if _, ok := VJPRegistration[n.Type()]; ok || !w.Sees(n) || n == x || n.StopGradient() || n.CustomGradient() != nil ||
			n.Type() == NodeTypeSplitNode {
			continue
		}
		place := w.Home(n)
		g := gradientless{operator: place.Op, layer: place.Name, line: w.by.lineFor(n), where: w.by.locate(n),
			scope: lastScope(n.Graph(), n), dims: dimensions(n), of: map[string]bool{}, feeds: map[string]bool{}}
		below := ancestors(hasSlope, n)
		for k, node := range nodes {
			g.of[l.layers[k].Name] = below[node] && node != n
		}
		l.gradientless, found = append(l.gradientless, g), append(found, n)
	}
	if len(found) == 0 {
		return
	}
	for k, node := range nodes {
		name, below := l.layers[k].Name, ancestors(hasSlope, node)
		for i, n := range found {
			g := &l.gradientless[i]
			if g.feeds[name] = below[n]; g.feeds[name] && g.layer == "" { // it is within that layer
				g.operator, g.layer = walk.NameOf(n.Type()), name
			}
		}
	}
}

// dimensions returns the shape of a node's value; nil if it has several.
func dimensions(n *Node) []int {
	if n.NumOutputs() != 1 {
		return nil
	}
	return n.Shape().Dimensions
}

// hasSlope tells whether a node's numbers are no integers. Only what a node depends on through such can have a gradient
// of it.
func hasSlope(n *Node) bool {
	return n.NumOutputs() != 1 || n.DType().IsFloat() || n.DType().IsComplex()
}

// gradientError is an error that came up while gradients were taken.
type gradientError struct{ cause error }

func (e gradientError) Error() string { return e.cause.Error() }
func (e gradientError) Unwrap() error { return e.cause }

// Gradients returns the gradients of the sum of a batch's scores at nodes. [ExplainGradientError] knows an error that
// it panics with.
func Gradients(score *Node, nodes ...*Node) (slopes []*Node) {
	sum := ReduceAllSum(score)
	if walk.IsHidden(score, nodes...) {
		panic(gradientError{errors.New("the model has a branch or a loop, and GoMLX has no gradient through it")})
	}
	if err := exceptions.TryCatch[error](func() { slopes = Gradient(sum, nodes...) }); err != nil {
		panic(gradientError{err})
	}
	return slopes
}

// ExplainGradientError returns an error that says which operator of a GoMLX model has no gradient, and where it stands.
// It returns nil if the cause did not come up in [Gradients], or no such operator lies between the cuts and the wanted
// tensors. Of several operators it names the last, since a gradient can be taken after it. The cause is the error that
// the missing gradient led to.
func ExplainGradientError(m Model, input []int, cuts, wants []string, cause error) error {
	g, ok := m.(*gomlxModel)
	var taken gradientError
	if !ok || !errors.As(cause, &taken) {
		return nil
	}
	l, err := g.list(input)
	if err != nil {
		return nil // the cause says it
	}
	for _, n := range slices.Backward(l.gradientless) {
		from := slices.ContainsFunc(cuts, func(cut string) bool { return cut == Picture || n.of[cut] })
		if !from || !slices.ContainsFunc(wants, func(want string) bool { return n.feeds[want] }) {
			continue
		}
		return &fault.FunctionError{Model: g.card.Name, Line: n.line, Scope: n.scope, Cause: cause,
			Kind: fault.ErrUnsupported, Text: fmt.Sprintf("model %s: its layer %s%s is of the operator %s, %v, which GoMLX has no gradient of: explain a layer after it, or with a method that takes no gradient, such as Recipro-CAM, Score-CAM, Occlusion or RISE",
				g.card.Name, n.layer, n.where, n.operator, n.dims)}
	}
	return nil
}
