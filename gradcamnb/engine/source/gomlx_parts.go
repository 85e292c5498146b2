package source

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// NamedLayer names a node of a graph function as a layer to explain at, as Node.WithAlias does,
// and returns what the function has to go on with: the node, or what a method puts in its
// place. With it Ablation-CAM and Recipro-CAM, whose passes begin at a layer, work in a
// GoMLX model, too.
func NamedLayer(x *Node, alias string) *Node {
	x = x.WithAlias(alias)
	given := x.Graph().GetNodeByAlias(inPlaceOf(x.GetAlias()))
	if given == nil {
		return x
	}
	if !given.Shape().Equal(x.Shape()) {
		exceptions.Panicf("layer %q has the shape %s and is given %s: its first axis must be the pictures'", alias, x.Shape(), given.Shape())
	}
	return given
}

// inPlaceOf is the alias of the node that a layer is replaced by.
func inPlaceOf(layer string) string { return "/\x00given" + layer }

// BuildFrom: see [StartsAtLayer]. The whole function is built; what the layer replaced
// takes no part in the answer, and is not computed.
func (m *gomlxModel) BuildFrom(scope *model.Scope, x *Node, layer string, grid, clean *Node, wants []string) map[string]*Node {
	act := Identity(grid)
	switch {
	case clean.Rank() == 3:
		act = asTokens(grid, clean)
	case m.card.Layout == imgio.ChannelsFirst:
		act = TransposeAllAxes(grid, 0, 3, 1, 2)
	}
	act.WithAlias(inPlaceOf(layer))
	dims := slices.Clone(x.Shape().Dimensions)
	dims[0] = grid.Shape().Dim(0)
	named := m.outputs(scope, BroadcastToDims(x, dims...))
	out := map[string]*Node{}
	replaced := false
	for _, want := range wants {
		out[want] = m.find(x.Graph(), named, want)
		replaced = replaced || ancestors(out[want], nil)[act]
	}
	if !replaced {
		exceptions.Panicf("model %s: a pass that begins at layer %q needs it named with engine.Layer(x, %q), and what comes after made of what that returns; Node.WithAlias only names it", m.card.Name, layer, layer)
	}
	return out
}
