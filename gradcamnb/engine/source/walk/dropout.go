package walk

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// mask is a random mask of zeros and other numbers.
type mask struct {
	keep   probability // that a number is not 0
	drawn  *Node       // the random numbers that decide it
	scaled bool        // whether the other numbers are 1 / keep; they are 1 otherwise
	whole  bool        // whether it drops whole pictures or blocks, which DropPath and DropBlock do without a scale
}

// opposite returns the mask that is 1 if this one is 0.
func (m mask) opposite() mask {
	m.keep = m.keep.opposite()
	return m
}

// undo finds the dropouts among nodes, and maps each node of theirs to the input that it is in inference.
func (t training) undo(nodes []*Node) map[*Node]int {
	uses, undone, chooses := usesOf(nodes), map[*Node]int{}, t.choices(nodes)
	for _, n := range nodes {
		i, m := t.dropped(n)
		if i < 0 || chooses[m.drawn] {
			continue
		}
		if m.scaled {
			undone[n] = i
			continue
		}
		before, isBefore := t.scaleBefore(n.Inputs()[i], m.keep, uses)
		behind, isBehind := t.scalesBehind(n, m.keep, uses)
		isScaled, isBoth := len(before)+len(behind) > 0, len(before) > 0 && len(behind) > 0
		if isBoth || !isScaled && (isBefore || isBehind) && !m.whole {
			continue // it is not known which number is the scale
		}
		undone[n] = i
		for _, scales := range []map[*Node]int{before, behind} {
			for scale, of := range scales {
				undone[scale] = of
			}
		}
	}
	return undone
}

// choices returns the random numbers by which nodes choose one of two values: what is kept of the one is dropped of the
// other.
func (t training) choices(nodes []*Node) map[*Node]bool {
	first, out := map[*Node]bool{}, map[*Node]bool{}
	for _, n := range nodes {
		if n.Type() == NodeTypeSub {
			if m, ok := t.mask(n.Inputs()[1]); ok {
				out[m.drawn] = true
			}
		}
		i, m := t.dropped(n)
		if i < 0 {
			continue
		}
		if was, ok := first[m.drawn]; ok && was != m.keep.rest {
			out[m.drawn] = true
		}
		first[m.drawn] = m.keep.rest
	}
	return out
}

// scaleBefore returns the node that divides a value by the probability before it is dropped, with the input that is
// divided. found tells whether the value is multiplied or divided by any number.
func (t training) scaleBefore(n *Node, keep probability, uses map[*Node][]*Node) (scale map[*Node]int, found bool) {
	alone := len(uses[n]) == 1
	for neutral[n.Type()] {
		n = n.Inputs()[0]
		alone = alone && len(uses[n]) == 1
	}
	i := t.scaled(n, keep)
	if i >= 0 && alone && keep.divides(n, i) {
		return map[*Node]int{n: i}, true
	}
	return nil, i >= 0
}

// scalesBehind returns the nodes that divide a value by the probability after it was dropped, with the input that is
// divided; none if it is also used without. found tells whether it is multiplied or divided by any number.
func (t training) scalesBehind(n *Node, keep probability, uses map[*Node][]*Node) (scales map[*Node]int, found bool) {
	scales = map[*Node]int{}
	all := true
	var follow func(n *Node)
	follow = func(n *Node) {
		for _, use := range uses[n] {
			i := t.scaled(use, keep)
			switch {
			case neutral[use.Type()]:
				follow(use)
			case i >= 0 && use.Inputs()[i] == n && keep.divides(use, i):
				scales[use], found = i, true
			default:
				all, found = false, found || i >= 0
			}
		}
	}
	follow(n)
	if !all {
		return nil, found
	}
	return scales, found
}

// scaled returns which input a node multiplies or divides by a number that may be made of the probability; -1 if it
// does not. The number may be a constant, or be computed from what the probability is.
func (t training) scaled(n *Node, keep probability) int {
	isNumber := func(n *Node) bool {
		n = skipNeutral(n)
		of := sortNodes(keep.of)
		return !t.sees[n] && !t.random[n] && n.Shape().Size() == 1 && !slices.ContainsFunc(sortNodes(n), func(in *Node) bool {
			return in.Type() == NodeTypeParameter && !slices.Contains(of, in)
		})
	}
	in := n.Inputs()
	switch {
	case n.Type() != NodeTypeMul && n.Type() != NodeTypeDiv:
	case isNumber(in[1]):
		return 0
	case n.Type() == NodeTypeMul && isNumber(in[0]):
		return 1
	}
	return -1
}

// dropped returns which input of a node is the one that it drops parts of at random, and the mask of what is kept; -1
// if the node drops nothing.
func (t training) dropped(n *Node) (input int, of mask) {
	in := n.Inputs()
	switch n.Type() {
	case NodeTypeMul:
		for i := range in {
			if m, ok := t.mask(in[i]); ok && t.sees[in[1-i]] {
				return 1 - i, m
			}
		}
	case NodeTypeWhere:
		m, ok := t.mask(in[0])
		switch {
		case ok && isScalar(skipNeutral(in[1]), 0) && t.sees[in[2]]:
			return 2, m.opposite()
		case ok && isScalar(skipNeutral(in[2]), 0) && t.sees[in[1]]:
			return 1, m
		}
	}
	return -1, of
}

// mask reads a random mask; ok is false if the node is none. A mask may be divided by the probability to keep, and a 0
// in it may have been spread over a block.
func (t training) mask(n *Node) (m mask, ok bool) {
	n = skipNeutral(n)
	if !t.random[n] || t.sees[n] {
		return m, false
	}
	in := n.Inputs()
	switch n.Type() {
	case NodeTypeReduceWindow:
		m, ok = t.mask(in[0])
		m.whole = true
		return m, ok && WindowOf(n).Reduction == "Min"
	case NodeTypeDiv, NodeTypeMul:
		for i := range in {
			if m, ok = t.mask(in[i]); ok && !m.scaled && m.keep.divides(n, i) {
				m.scaled = true
				return m, true
			}
		}
		return m, false
	case NodeTypeWhere:
		return t.selection(in)
	case NodeTypeLogicalNot:
		m, ok = t.mask(in[0])
		return m.opposite(), ok && !m.scaled
	case NodeTypeLessThan, NodeTypeLessOrEqual:
		return mask{probability{in[1], false}, in[0], false, isForPictures(in[0])}, !t.random[in[1]]
	case NodeTypeGreaterThan, NodeTypeGreaterOrEqual:
		return mask{probability{in[1], true}, in[0], false, isForPictures(in[0])}, !t.random[in[1]]
	}
	return m, false
}

// isForPictures tells whether one number is drawn for each picture, or for all of them.
func isForPictures(drawn *Node) bool {
	size := drawn.Shape().Size()
	return size == 1 || drawn.Rank() > 1 && size == drawn.Shape().Dim(0)
}

// selection reads a mask that is written as a selection of 0 or a number by a mask.
func (t training) selection(in []*Node) (m mask, ok bool) {
	if m, ok = t.mask(in[0]); !ok || m.scaled {
		return m, false
	}
	other := in[1]
	if isScalar(skipNeutral(in[1]), 0) {
		m, other = m.opposite(), in[2]
	} else if !isScalar(skipNeutral(in[2]), 0) {
		return m, false
	}
	m.scaled = m.keep.isInverse(other)
	return m, m.scaled || isOne(skipNeutral(other))
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
		return i == 0 && p.is(n.Inputs()[1])
	case NodeTypeMul:
		return p.isInverse(n.Inputs()[1-i])
	}
	return false
}

// is tells whether a node has the value of the probability.
func (p probability) is(n *Node) bool { return p.rest && isRest(n, p.of) || !p.rest && isSame(n, p.of) }

// isInverse tells whether a node is 1 divided by the probability.
func (p probability) isInverse(n *Node) bool {
	if inner := skipNeutral(n); inner.Type() == NodeTypeDiv && isOne(skipNeutral(inner.Inputs()[0])) {
		return p.is(inner.Inputs()[1])
	}
	inverse, isNumber := numberOf(n)
	x, ok := numberOf(p.of)
	if p.rest {
		x = 1 - x
	}
	return isNumber && ok && math.Abs(inverse*x-1) <= rounding(n, p.of)
}

// isSame tells whether two nodes have one value: they are the same node, equal numbers, or differences of such.
func isSame(a, b *Node) bool {
	inA, inB := skipNeutral(a), skipNeutral(b)
	if inA == inB {
		return true
	}
	if inA.Type() == NodeTypeSub && inB.Type() == NodeTypeSub &&
		isSame(inA.Inputs()[0], inB.Inputs()[0]) && isSame(inA.Inputs()[1], inB.Inputs()[1]) {
		return true
	}
	x, isX := numberOf(a)
	y, isY := numberOf(b)
	return isX && isY && math.Abs(x-y) <= rounding(a, b)
}

// isRest tells whether a node is 1 - of.
func isRest(n, of *Node) bool {
	for _, pair := range [][2]*Node{{n, of}, {of, n}} {
		if diff := skipNeutral(pair[0]); diff.Type() == NodeTypeSub && isOne(skipNeutral(diff.Inputs()[0])) &&
			isSame(diff.Inputs()[1], pair[1]) {
			return true
		}
	}
	x, isX := numberOf(n)
	y, isY := numberOf(of)
	return isX && isY && math.Abs(x-(1-y)) <= rounding(n, of)
}

// rounding returns by how much numbers of about 1 may differ because of the types that nodes were rounded to.
func rounding(nodes ...*Node) float64 {
	out := 1e-6
	for _, n := range nodes {
		for _, kind := range []dtypes.DType{n.DType(), skipNeutral(n).DType()} {
			switch kind {
			case dtypes.Float16:
				out = max(out, 2e-3)
			case dtypes.BFloat16:
				out = max(out, 1.6e-2)
			}
		}
	}
	return out
}
