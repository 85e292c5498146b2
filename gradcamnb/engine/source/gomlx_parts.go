package source

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// NamedLayer names a node of a graph function as a layer to explain at, as Node.WithAlias does, and returns the node.
// If the function is called twice, as for the two towers of a siamese network, the second node gets #2 after its name.
// Node.WithAlias would panic.
func NamedLayer(x *Node, alias string) *Node {
	name := alias
	for i := 2; x.Graph().GetNodeByAlias(name) != nil; i++ {
		name = fmt.Sprintf("%s#%d", alias, i)
	}
	return x.WithAlias(name)
}

// BuildFrom implements [LayerBuilder]. It builds the whole function, and then what comes after the layer once more,
// from the given values. What they replace is not computed.
func (m *gomlxModel) BuildFrom(scope *model.Scope, x *Node, from Start, wants []string) map[string]*Node {
	dims := slices.Clone(x.Shape().Dimensions)
	dims[0] = from.Grid.Shape().Dim(0)
	x = BroadcastToDims(x, dims...)
	w := m.walk(scope, x)
	node := m.find(w, from.Layer)
	given := m.layout(w, node, x).Node(from.Grid, toFloat32(from.Clean))
	out, ends := map[string]*Node{}, m.ends(w, wants)
	for i, n := range walk.Rebuild(ends, map[*Node]*Node{node: ConvertDType(given, node.DType())}, nil) {
		if n == ends[i] {
			exceptions.Panicf("model %s: %q does not depend on the layer %q, so no pass to it can begin there", m.card.Name,
				wants[i], from.Layer)
		}
		out[wants[i]] = result(n, x)
	}
	return out
}

// BuildGuided implements [RuledBuilder]. It builds the model once more from its first ReLU on.
func (m *gomlxModel) BuildGuided(scope *model.Scope, x *Node, wants []string,
	gradient func(r, g *Node) *Node) map[string]*Node {
	w := m.walk(scope, x)
	out, ends := map[string]*Node{}, m.ends(w, wants)
	unstopped := walk.RemoveStops(ends...)
	for i, n := range walk.Rebuild(ends, nil, func(n *Node, inputs []*Node) *Node {
		if _, ok := walk.IsRelu(n); !ok || !w.Sees(n) {
			return unstopped(n, inputs)
		}
		return IdentityWithCustomGradient(n.CloneWithInputs(inputs...), gradient)
	}) {
		out[wants[i]] = result(n, x)
	}
	return out
}

// BuildRelevant implements [RuledBuilder].
func (m *gomlxModel) BuildRelevant(scope *model.Scope, x *Node, wants []string) map[string]*Node {
	out := map[string]*Node{}
	for i, n := range walk.Relevant(x, m.ends(m.walk(scope, x), wants)...) {
		out[wants[i]] = result(n, x)
	}
	return out
}

// ends returns the nodes of the wanted tensors.
func (m *gomlxModel) ends(w walkedModel, wants []string) []*Node {
	out := make([]*Node, len(wants))
	for i, want := range wants {
		out[i] = m.find(w, want)
	}
	return out
}
