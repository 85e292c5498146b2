package walk

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// frozen tells whether a node applies weights that are constants of the graph instead of variables, as an imported file
// does: in a convolution or a product, or in a bias or a scale right after one.
func (w *Walk) frozen(n *Node, last *Place) bool {
	behindOne := last.form == module && len(last.reads) == 0 && !last.closed &&
		(n.Type() == NodeTypeAdd || n.Type() == NodeTypeMul)
	if !learned[n.Type()] && n.Type() != NodeTypeBatchNormForInference && !behindOne {
		return false
	}
	return slices.ContainsFunc(n.Inputs(), func(in *Node) bool { return !w.sees[in] && isStored(in) })
}

// isStored tells whether a node depends on a constant of several values, such as weights.
func isStored(n *Node) bool {
	return slices.ContainsFunc(sortNodes(n), func(of *Node) bool {
		return of.Type() == NodeTypeConstant && of.Shape().Size() > 1
	})
}

// unfolds tells whether a node makes a map of a place that was computed as the rows of a matrix, one for each cell. A 1
// x 1 convolution may be written as such a product.
func (w *Walk) unfolds(n *Node, last *Place) bool {
	return !last.closed && n.Inputs()[0] == last.Node && n.Shape().Size() == last.Node.Shape().Size() &&
		w.trace.of[n].layout().Map() && !w.trace.of[last.Node].layout().Map()
}

// slides tells whether a node is the first or a further step of a pooling that is written as slices of one map, whose
// maximum or sum is taken.
func (w *Walk) slides(n *Node, homes []*Place, last *Place) bool {
	if n.Type() != NodeTypeMax && n.Type() != NodeTypeAdd ||
		slices.ContainsFunc(n.Inputs(), func(in *Node) bool { return !w.sees[in] }) {
		return false
	}
	if last.form == window {
		return !last.closed && n.Type() == last.last &&
			!slices.ContainsFunc(homes, func(h *Place) bool { return h != last && h != last.From[0] })
	}
	return len(homes) == 1 && w.trace.of[n].layout().Map() &&
		!slices.ContainsFunc(n.Inputs(), func(in *Node) bool {
			return in.Type() != NodeTypeSlice || in.Shape().Size() >= last.Node.Shape().Size()
		})
}

// beginsNorm tells whether a node is the first of a norm of what the last function gives: its values minus their mean,
// or their squares. The function, such as a ReLU before a layer norm, stays a layer of its own.
func beginsNorm(n *Node, last *Place) bool {
	if len(n.Inputs()) != 2 || skipNeutral(n.Inputs()[0]) != skipNeutral(last.Node) || last.normalises() {
		return false
	}
	other := n.Inputs()[1]
	return n.Type() == NodeTypeMul && skipNeutral(other) == skipNeutral(last.Node) ||
		n.Type() == NodeTypeSub && skipNeutral(other).Shape().Size() < n.Shape().Size() &&
			skipNeutral(other).Type() != NodeTypeConstant
}

// weighs tells whether a node combines what a function gives with a constant of several values, such as a mask. The
// function stays a layer of its own, unless it is a norm, whose scale that may be.
func (w *Walk) weighs(n *Node, last *Place) bool {
	return !last.normalises() &&
		slices.ContainsFunc(n.Inputs(), func(in *Node) bool { return !w.sees[in] && isStored(in) })
}

// picks tells whether a node takes tokens that are no cells out of a sequence, such as the class token.
func (w *Walk) picks(n *Node) bool {
	if n.Type() != NodeTypeSlice && n.Type() != NodeTypeGather {
		return false
	}
	from := w.trace.of[n.Inputs()[0]].layout()
	return from.Tokens() && !w.trace.of[n].layout().Map()
}

// reductions are the operators that reduce axes, by what remains.
var reductions = map[NodeType]function{
	NodeTypeReduceMax: {name: "max", op: "ReduceMax"}, NodeTypeReduceMin: {name: "min", op: "ReduceMin"},
	NodeTypeReduceSum: {name: "sum", op: "ReduceSum"},
}

// reduces tells whether a node reduces axes and is still a map of several channels, as behind maxout, or behind a
// pooling that is written as a reshape.
func (w *Walk) reduces(n *Node) bool {
	_, ok := reductions[n.Type()]
	if _, within := w.within[n]; !ok || within {
		return false
	}
	l := w.Layout(n)
	return l.Map() && l.Rows*l.Columns > 1 && l.Channels > 1
}

// reducedWithin returns the nodes that reduce what they are then combined with, as the largest value, the sum and the
// mean are within a softmax and a norm, and the operators that combine them.
func reducedWithin(nodes []*Node) map[*Node]NodeType {
	out := map[*Node]NodeType{}
	for _, n := range nodes {
		in := n.Inputs()
		for i := range in {
			if len(in) != 2 {
				break
			}
			r := skipNeutral(in[i])
			if scales[r.Type()] && IsNumber(r.Inputs()[1]) { // a mean
				r = skipNeutral(r.Inputs()[0])
			}
			if _, ok := reductions[r.Type()]; ok && skipNeutral(r.Inputs()[0]) == skipNeutral(in[1-i]) {
				out[r] = n.Type()
			}
		}
	}
	return out
}

// reductionName returns the name of a place that reduces axes.
func (p *Place) reductionName() function {
	for t, f := range reductions {
		if p.last == t {
			return f
		}
	}
	return function{name: "mean", op: "ReduceMean"} // a sum that was divided
}
