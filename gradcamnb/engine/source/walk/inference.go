package walk

import (
	"cmp"
	"maps"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Inference builds the ends again as they are in inference, if they were built as in training. The result is whether
// there was anything to change; [Inferred] then returns the new node of an old one.
//
//	batch norm            takes the moving averages of the mean and the variance in place of the batch's own
//	x mask / keep         is x: dropout, with a random mask that is 1 with the probability keep
//	x mask                is x: DropPath and DropBlock
//
// A dropout of single numbers stays, and is random, if a number stands beside it that may be its 1 / keep but is
// another one, and every dropout does if what it drops is taken from elsewhere.
//
// averages maps the mean and the variance of a batch to their moving averages; see [AveragedBy]. An average of what
// does not depend on the picture, such as one of the weights, counts as none.
func Inference(picture *Node, averages map[*Node]*Node, ends ...*Node) (changed bool) {
	t := training{averages: averages, random: map[*Node]bool{}, sees: map[*Node]bool{picture: true}}
	for _, n := range sortNodes(slices.AppendSeq(slices.Clone(ends), maps.Keys(averages))...) {
		t.random[n] = n.Type() == NodeTypeRNGBitGenerator
		for _, in := range n.Inputs() {
			t.random[n], t.sees[n] = t.random[n] || t.random[in], t.sees[n] || t.sees[in]
		}
	}
	nodes := sortNodes(ends...)
	t.placeAverages(nodes)
	if slices.ContainsFunc(nodes, func(n *Node) bool { return LacksAverages(n, t.averages) }) {
		return false // there is no inference to build
	}
	t.undone = t.undo(nodes)
	copies := rebuild(ends, t.averages, t.rule)
	changed = slices.ContainsFunc(ends, func(n *Node) bool { return copies[n] != nil })
	if changed {
		remember(picture.Graph(), copies)
	}
	return changed
}

// training is how a graph was built for a training.
type training struct {
	averages map[*Node]*Node
	random   map[*Node]bool // nodes that depend on random numbers
	sees     map[*Node]bool // nodes that depend on the picture
	undone   map[*Node]int  // nodes of dropouts, with the input that each is in inference
}

// placeAverages puts the moving averages in the places of what nodes use. An average of what does not depend on the
// picture is dropped.
func (t *training) placeAverages(nodes []*Node) {
	used, placed := map[*Node]bool{}, map[*Node]*Node{}
	for _, n := range nodes {
		used[n] = true
	}
	for _, b := range slices.SortedFunc(maps.Keys(t.averages), func(a, b *Node) int { return int(a.Id()) - int(b.Id()) }) {
		average := t.averages[b]
		if !t.sees[b] {
			continue
		}
		if of := usedFor(b, used); of != nil {
			b = of
		}
		if !average.Shape().Equal(b.Shape()) {
			average = ConvertDType(Reshape(average, b.Shape().Dimensions...), b.DType())
		}
		placed[b] = average
	}
	t.averages = placed
}

func (t training) rule(n *Node, inputs []*Node) *Node {
	switch n.Type() {
	case NodeTypeBatchNormForTraining:
		norm, of := NormOf(n), averagesOf(n, t.averages)
		return InternalBatchNormForInference(inputs[0], inputs[1], inputs[2], of[1], of[2], float32(norm.Epsilon), norm.Axis)
	case NodeTypeSplitNode:
		if n.Inputs()[0].Type() == NodeTypeBatchNormForTraining {
			return inputs[0]
		}
	case NodeTypeWhere, NodeTypeMul, NodeTypeDiv:
		if i, ok := t.undone[n]; ok {
			return inputs[i]
		}
	}
	return nil
}

// LacksAverages tells whether a node is a batch norm as in training of which no moving averages are known.
func LacksAverages(n *Node, averages map[*Node]*Node) bool {
	of := averagesOf(n, averages)
	return n.Type() == NodeTypeBatchNormForTraining && (of[1] == nil || of[2] == nil)
}

// averagesOf returns the moving averages of the outputs of a batch norm: nil of the first one, the mean, the variance.
func averagesOf(n *Node, averages map[*Node]*Node) (out [3]*Node) {
	for b, average := range averages {
		if b.Type() == NodeTypeSplitNode && b.Inputs()[0] == n {
			out[number(b, "index")] = average
		}
	}
	return out
}

// inferred are the nodes of a graph that were built again as in inference.
type inferred struct {
	copies, originals map[*Node]*Node
	aliases           map[*Node]string // of the nodes that stand for a named one
}

type inferredKey struct{}

// remember keeps with a graph which nodes stand for others.
func remember(g *Graph, copies map[*Node]*Node) {
	all, ok := g.State(inferredKey{}).(inferred)
	if !ok {
		all = inferred{map[*Node]*Node{}, map[*Node]*Node{}, map[*Node]string{}}
		g.AttachState(inferredKey{}, all)
	}
	for _, n := range slices.SortedFunc(maps.Keys(copies), func(a, b *Node) int { return cmp.Compare(a.Id(), b.Id()) }) {
		c := copies[n]
		all.copies[n] = c
		if of := all.originals[c]; c.Id() > n.Id() && (of == nil || n.Id() < of.Id()) {
			all.originals[c] = n
		}
		if n.GetAlias() != "" {
			all.aliases[c] = n.GetAlias()
		}
	}
}

// Inferred returns the node that stands for another one in inference.
func Inferred(n *Node) *Node {
	if all, ok := n.Graph().State(inferredKey{}).(inferred); ok && all.copies[n] != nil {
		return all.copies[n]
	}
	return n
}

// Original returns the node that the graph function made, if the given one stands for it in inference.
func Original(n *Node) *Node {
	if all, ok := n.Graph().State(inferredKey{}).(inferred); ok && all.originals[n] != nil {
		return all.originals[n]
	}
	return n
}

// aliasOf returns the name that the graph function gave to a node, or to the one that it stands for in inference; empty
// if it gave none, or if the node is another copy.
func aliasOf(n *Node) string {
	alias := n.GetAlias()
	if all, ok := n.Graph().State(inferredKey{}).(inferred); ok && all.aliases[n] != "" {
		alias = all.aliases[n]
	}
	if alias == "" || Inferred(n.Graph().GetNodeByAlias(alias)) != n {
		return ""
	}
	return alias
}
