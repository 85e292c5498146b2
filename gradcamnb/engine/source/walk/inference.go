package walk

import (
	"math"
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
// averages maps the mean and the variance of a batch to their moving averages; see [AveragedBy].
func Inference(picture *Node, averages map[*Node]*Node, ends ...*Node) (changed bool) {
	t := training{averages: averages, random: map[*Node]bool{}, sees: map[*Node]bool{picture: true}}
	for _, n := range sortNodes(ends...) {
		if n.Type() == NodeTypeBatchNormForTraining && !t.hasAverages(n) {
			return false // there is no inference to build
		}
		t.random[n] = n.Type() == NodeTypeRNGBitGenerator
		for _, in := range n.Inputs() {
			t.random[n], t.sees[n] = t.random[n] || t.random[in], t.sees[n] || t.sees[in]
		}
	}
	copies := rebuild(ends, averages, t.rule)
	changed = slices.ContainsFunc(ends, func(n *Node) bool { return copies[n] != nil })
	if changed {
		remember(picture.Graph(), copies)
	}
	return changed
}

// AveragedBy returns the node b of which a variable is the moving average, if its next value is
//
//	m average + (1 - m) b
//
// It returns nil for any other value.
func AveragedBy(average, next *Node) *Node {
	if next.Type() != NodeTypeAdd {
		return nil
	}
	for i, kept := range next.Inputs() {
		added := next.Inputs()[1-i]
		if kept.Type() != NodeTypeMul || added.Type() != NodeTypeMul {
			continue
		}
		for k, m := range kept.Inputs() {
			for j, share := range added.Inputs() {
				if kept.Inputs()[1-k] == average && isRest(share, m) {
					return added.Inputs()[1-j]
				}
			}
		}
	}
	return nil
}

// training is how a graph was built for a training.
type training struct {
	averages map[*Node]*Node
	random   map[*Node]bool // nodes that depend on random numbers
	sees     map[*Node]bool // nodes that depend on the picture
}

func (t training) rule(n *Node, inputs []*Node) *Node {
	switch n.Type() {
	case NodeTypeBatchNormForTraining:
		norm, of := NormOf(n), t.averagesOf(n)
		return InternalBatchNormForInference(inputs[0], inputs[1], inputs[2], of[1], of[2], float32(norm.Epsilon), norm.Axis)
	case NodeTypeSplitNode:
		if n.Inputs()[0].Type() == NodeTypeBatchNormForTraining {
			return inputs[0]
		}
	case NodeTypeWhere, NodeTypeMul, NodeTypeDiv:
		if i, _ := t.dropped(n); i >= 0 {
			return inputs[i]
		}
		for i, in := range n.Inputs() {
			if of, keep := t.dropped(in); of >= 0 && keep.divides(n, i) {
				return inputs[i]
			}
		}
	}
	return nil
}

// hasAverages tells whether the moving averages of a batch norm are known.
func (t training) hasAverages(n *Node) bool {
	of := t.averagesOf(n)
	return of[1] != nil && of[2] != nil
}

// averagesOf returns the moving averages of the outputs of a batch norm: nil of the first one, the mean, the variance.
func (t training) averagesOf(n *Node) (out [3]*Node) {
	for b, average := range t.averages {
		if b.Type() == NodeTypeSplitNode && b.Inputs()[0] == n {
			out[number(b, "index")] = average
		}
	}
	return out
}

// dropped returns which input of a node is the one that it drops parts of at random, and the probability that a part
// is kept; -1 if the node drops nothing.
func (t training) dropped(n *Node) (input int, keep probability) {
	in := n.Inputs()
	switch n.Type() {
	case NodeTypeMul:
		for i, mask := range in {
			if keep, ok := t.mask(mask); ok && t.sees[in[1-i]] {
				return 1 - i, keep
			}
		}
	case NodeTypeWhere:
		keep, ok := t.mask(in[0])
		switch {
		case ok && isScalar(skipNeutral(in[1]), 0):
			return 2, keep.opposite()
		case ok && isScalar(skipNeutral(in[2]), 0):
			return 1, keep
		}
	}
	return -1, keep
}

// mask returns the probability with which a random mask is 1; ok is false if the node is no such mask. A mask may be
// divided by that probability, and a 0 in it may have been spread over a block.
func (t training) mask(n *Node) (one probability, ok bool) {
	n = skipNeutral(n)
	if !t.random[n] || t.sees[n] {
		return one, false
	}
	in := n.Inputs()
	switch n.Type() {
	case NodeTypeReduceWindow:
		one, ok = t.mask(in[0])
		return one, ok && WindowOf(n).Reduction == "Min"
	case NodeTypeDiv, NodeTypeMul:
		for i := range in {
			if one, ok = t.mask(in[i]); ok && one.divides(n, i) {
				return one, true
			}
		}
		return one, false
	case NodeTypeLogicalNot:
		one, ok = t.mask(in[0])
		return one.opposite(), ok
	case NodeTypeLessThan, NodeTypeLessOrEqual:
		return probability{in[1], false}, !t.random[in[1]]
	case NodeTypeGreaterThan, NodeTypeGreaterOrEqual:
		return probability{in[1], true}, !t.random[in[1]]
	}
	return one, false
}

// probability is the value of a node, or the rest of it to 1.
type probability struct {
	of   *Node
	rest bool
}

func (p probability) opposite() probability { return probability{p.of, !p.rest} }

// divides tells whether a node is its i-th input divided by the probability, or multiplied by its inverse.
func (p probability) divides(n *Node, i int) bool {
	switch n.Type() {
	case NodeTypeDiv:
		by := n.Inputs()[1]
		return i == 0 && (p.rest && isRest(by, p.of) || !p.rest && isSame(by, p.of))
	case NodeTypeMul:
		inverse, isNumber := numberOf(n.Inputs()[1-i])
		x, ok := numberOf(p.of)
		if p.rest {
			x = 1 - x
		}
		return isNumber && ok && math.Abs(inverse*x-1) <= 1e-6
	}
	return false
}

// isSame tells whether two nodes have one value: they are the same node, or equal numbers.
func isSame(a, b *Node) bool {
	if skipNeutral(a) == skipNeutral(b) {
		return true
	}
	x, isX := numberOf(a)
	y, isY := numberOf(b)
	return isX && isY && math.Abs(x-y) <= 1e-6
}

// isRest tells whether a node is 1 - of.
func isRest(n, of *Node) bool {
	if n = skipNeutral(n); n.Type() == NodeTypeSub {
		return isOne(skipNeutral(n.Inputs()[0])) && isSame(n.Inputs()[1], of)
	}
	x, isX := numberOf(n)
	y, isY := numberOf(of)
	return isX && isY && math.Abs(x-(1-y)) <= 1e-6
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
	for n, c := range copies {
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
