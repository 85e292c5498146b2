package source

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// BuildFrom implements [LayerBuilder]. It gives the layer's tensor to the rewritten graph. Earlier nodes are built only
// if something goes around the layer.
func (m *onnxModel) BuildFrom(scope *model.Scope, x *Node, from Start, wants []string) map[string]*Node {
	input := slices.Clone(x.Shape().Dimensions)
	input[0] = from.Grid.Shape().Dim(0)
	from.Clean = Slice(from.Clean, AxisRange(0, 1)) // without the pictures that filled up a part of a batch
	if n := m.mustBatch(input); n != input[0] {
		var parts []map[string]*Node
		for _, part := range partsOf(from.Grid, n) {
			parts = append(parts, m.BuildFrom(scope, x, Start{from.Layer, part, from.Clean}, wants))
		}
		return joinAllParts(parts, input[0])
	}
	r := m.rewritten(from.Grid.Graph(), input, []string{from.Layer}, wants)
	t := r.tensor[from.Layer]
	act := r.cells(from.Layer).node(from.Grid, from.Clean)
	return r.collectOutputs(scope, map[string]*Node{r.Input: BroadcastToDims(x, input...), t.Rewritten: act}, wants)
}

// BuildGuided implements [RuledBuilder]. It cuts the graph at every ReLU and builds it from each to the next. Every
// ReLU is given to what comes after it.
func (m *onnxModel) BuildGuided(scope *model.Scope, x *Node, wants []string,
	gradient func(r, g *Node) *Node) map[string]*Node {
	if n := m.mustBatch(x.Shape().Dimensions); n != x.Shape().Dim(0) {
		var parts []map[string]*Node
		for _, part := range partsOf(x, n) {
			parts = append(parts, m.BuildGuided(scope, part, wants, gradient))
		}
		return joinAllParts(parts, x.Shape().Dim(0))
	}
	cuts := []string{Picture}
	for _, n := range m.proto.Graph.Node {
		if n.OpType == "Relu" {
			cuts = append(cuts, n.Output...)
		}
	}
	r := m.rewritten(x.Graph(), x.Shape().Dimensions, cuts, wants)
	given := map[string]*Node{r.Input: x}
	for _, t := range r.Tensors {
		if t.Op != "Relu" || t.Constant {
			continue
		}
		relu := r.call(scope, given, []string{t.Name})[0]
		given[t.Rewritten] = IdentityWithCustomGradient(relu, gradient)
	}
	return r.collectOutputs(scope, given, wants)
}

// BuildRelevant implements [RuledBuilder]. Every convolution stays one operator of the graph, so that its rule finds
// it. Without a cut activations stay plain operators, too, and do not become selections with torch's slope at a kink.
func (m *onnxModel) BuildRelevant(scope *model.Scope, x *Node, wants []string) map[string]*Node {
	if n := m.mustBatch(x.Shape().Dimensions); n != x.Shape().Dim(0) {
		var parts []map[string]*Node
		for _, part := range partsOf(x, n) {
			parts = append(parts, m.BuildRelevant(scope, part, wants))
		}
		return joinAllParts(parts, x.Shape().Dim(0))
	}
	o := m.options
	o.WholeConvolutions = true
	r := m.rewrittenWith(o, x.Graph(), x.Shape().Dimensions, nil, wants)
	out := r.collectOutputs(scope, map[string]*Node{r.Input: x}, wants)
	ends := make([]*Node, len(wants))
	for i, want := range wants {
		ends[i] = out[want]
	}
	for i, n := range walk.Relevant(x, ends...) {
		out[wants[i]] = n
	}
	return out
}
