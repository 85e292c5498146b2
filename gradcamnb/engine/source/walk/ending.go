package walk

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Ending is what the values of an output are, judged by the end of its graph.
type Ending int

// The endings. A model that ends in none of the functions below gives values that are neither bounded nor normalised:
// logits.
const (
	Logits           Ending = iota
	Probabilities           // softmax: classes that exclude one another
	Tags                    // sigmoid: each has a probability of its own
	LogProbabilities        // log-softmax
	Squashed                // another bounded function, such as tanh: no probability
	Ranks                   // the index of the largest or smallest value: it has no gradient
)

// neutral are the operators that are skipped when an ending is looked for.
var neutral = map[NodeType]bool{
	NodeTypeReshape: true, NodeTypeDynamicReshape: true, NodeTypeTranspose: true, NodeTypeConvertDType: true,
	NodeTypeIdentity: true, NodeTypeSlice: true, NodeTypeBroadcastInDim: true, NodeTypeOptimizationBarrier: true,
}

// EndingOf returns how an output ends, and the node z that the last function is applied to. e^z/SUM e^z is a softmax,
// 1/(1 + e^-z) a sigmoid and z - log SUM e^z a log-softmax, however they are written and whatever number is subtracted
// from z. A sum over pictures, or over the cells of a map alone, makes no probabilities of classes. For an index of the
// largest value, z is the node that is searched. For logits, and for what is computed from several probabilities, it is
// nil.
func (w *Walk) EndingOf(output *Node) (Ending, *Node) {
	e := endings{known: map[*Node]found{}, counts: map[*Node]float64{}, walk: w}.find(output)
	return e.ending, e.before
}

// found is the ending of a node, and the node that the last function is applied to.
type found struct {
	ending Ending
	before *Node
}

// endings holds what is known already: a node that is read twice at each of many levels is looked at once.
type endings struct {
	known  map[*Node]found
	counts map[*Node]float64 // of softmaxes
	walk   *Walk
}

func (e endings) find(n *Node) found {
	n = skipNeutral(n)
	out, ok := e.known[n]
	if !ok {
		out = e.read(n)
		e.known[n] = out
	}
	return out
}

func (e endings) read(n *Node) found {
	in := func(i int) *Node { return skipNeutral(n.Inputs()[i]) }
	switch n.Type() {
	case NodeTypeLogistic:
		return found{Tags, in(0)}
	case NodeTypeArgMinMax:
		return found{Ranks, in(0)}
	case NodeTypeTanh, NodeTypeExp:
		return found{Squashed, nil}
	case NodeTypeLog:
		switch of := e.find(in(0)); of.ending {
		case Probabilities:
			return found{LogProbabilities, of.before}
		case Tags, Squashed:
			return found{Squashed, nil}
		}
	case NodeTypeConcatenate:
		return e.readParts(n)
	case NodeTypeDiv, NodeTypeSub:
		if of, sum, ok := readWritten(n, in(0), in(1)); ok {
			if sum != nil && !e.walk.sumsClasses(sum) {
				return found{Squashed, nil}
			}
			return of
		}
		return e.combine(n, in(0), in(1))
	case NodeTypeAdd, NodeTypeMul, NodeTypeMax, NodeTypeMin:
		return e.combine(n, in(0), in(1))
	}
	return found{Logits, nil}
}

// readWritten returns the ending of a softmax or a sigmoid that is written as a quotient, or of a log-softmax that is
// written as a difference, of a and b, and the sum in it, if it has one.
func readWritten(n, a, b *Node) (of found, sum *Node, ok bool) {
	switch {
	case n.Type() == NodeTypeDiv && a.Type() == NodeTypeExp && sums(b, a):
		return found{Probabilities, unshift(a.Inputs()[0])}, b, true
	case n.Type() == NodeTypeDiv && isOne(a) && addsOne(b):
		return found{Tags, nil}, nil, true
	case n.Type() == NodeTypeSub && b.Type() == NodeTypeLog:
		sum = skipNeutral(b.Inputs()[0])
		return found{LogProbabilities, unshift(n.Inputs()[0])}, sum,
			sum.Type() == NodeTypeReduceSum && skipNeutral(sum.Inputs()[0]).Type() == NodeTypeExp
	}
	return found{}, nil, false
}

// sumsClasses tells whether a sum may go over classes: it does not go over pictures, and that of a map goes over the
// channels.
func (w *Walk) sumsClasses(sum *Node) bool {
	of, summed := w.trace.of[sum.Inputs()[0]], ReducedAxes(sum)
	if slices.ContainsFunc(summed, func(i int) bool { return i < len(of) && of[i].isBatch() }) {
		return false
	}
	l := of.layout()
	return !l.Map() || slices.Contains(summed, l.order[len(l.order)-1])
}

// readParts returns the ending that all parts of a node have.
func (e endings) readParts(n *Node) found {
	first := e.find(n.Inputs()[0]).ending
	for _, part := range n.Inputs() {
		if other := e.find(part).ending; other == Logits {
			return found{Logits, nil}
		} else if other != first {
			first = Squashed
		}
	}
	return found{first, nil}
}

// combine returns the ending of a sum, difference, product, quotient, maximum or minimum of two nodes. A gate leaves
// logits. A product of probabilities, of which one is a sigmoid's, is one, such as a detector's of an object and its
// class. What else is computed from probabilities is bounded, and none.
func (e endings) combine(n, a, b *Node) found {
	if IsNumber(a) {
		return e.combineNumber(n, a, b)
	}
	if IsNumber(b) {
		return e.combineNumber(n, b, a)
	}
	x, y := e.find(a).ending, e.find(b).ending
	isProbability := func(e Ending) bool { return e == Tags || e == Probabilities }
	switch {
	case x == Logits || y == Logits:
		return found{Logits, nil}
	case n.Type() == NodeTypeMul && isProbability(x) && isProbability(y) && (x == Tags || y == Tags):
		return found{Tags, nil}
	}
	return found{Squashed, nil}
}

// combineNumber returns the ending of a node that is computed from another one, of, and a number. A number turns logits
// into other logits, and a limit leaves what it is. One less a probability is a probability, and so is the mean of
// several softmaxes.
func (e endings) combineNumber(n, number, of *Node) found {
	ending := e.find(of).ending
	switch {
	case e.isMean(n, number, of):
		return found{Probabilities, nil}
	case n.Type() == NodeTypeMax || n.Type() == NodeTypeMin || ending == Logits || ending == Ranks:
		return e.find(of)
	case n.Type() == NodeTypeSub && isOne(number) && skipNeutral(n.Inputs()[0]) == number &&
		(ending == Tags || ending == Probabilities):
		return found{Tags, nil}
	}
	return found{Squashed, nil}
}

// isMean tells whether n is the mean of several softmaxes: their sum over their number, or times its inverse.
func (e endings) isMean(n, number, sum *Node) bool {
	count := e.softmaxes(sum)
	switch {
	case count < 2:
		return false
	case n.Type() == NodeTypeDiv:
		return skipNeutral(n.Inputs()[1]) == number && isScalar(number, count)
	}
	return n.Type() == NodeTypeMul && (isScalar(number, 1/count) || isScalar(number, float64(float32(1/count))))
}

// softmaxes returns how many softmaxes a node is the sum of; 0 if it is no such sum.
func (e endings) softmaxes(n *Node) float64 {
	n = skipNeutral(n)
	out, ok := e.counts[n]
	if !ok {
		out = e.countSoftmaxes(n)
		e.counts[n] = out
	}
	return out
}

func (e endings) countSoftmaxes(n *Node) float64 {
	switch {
	case n.Type() == NodeTypeAdd:
		a, b := e.softmaxes(n.Inputs()[0]), e.softmaxes(n.Inputs()[1])
		if a == 0 || b == 0 {
			return 0
		}
		return a + b
	case n.Type() == NodeTypeReduceSum && skipNeutral(n.Inputs()[0]).Type() == NodeTypeConcatenate:
		return e.softmaxes(n.Inputs()[0])
	case e.find(n).ending != Probabilities:
		return 0
	case n.Type() == NodeTypeConcatenate:
		return float64(len(n.Inputs()))
	}
	return 1
}

// unshift returns z for a node z - max(z), and else the node itself.
func unshift(n *Node) *Node {
	n = skipNeutral(n)
	if n.Type() == NodeTypeSub && skipNeutral(n.Inputs()[1]).Type() == NodeTypeReduceMax {
		return skipNeutral(n.Inputs()[0])
	}
	return n
}

func skipNeutral(n *Node) *Node {
	for neutral[n.Type()] {
		n = n.Inputs()[0]
	}
	return n
}

// sums tells whether n is the sum of the node of.
func sums(n, of *Node) bool {
	return n.Type() == NodeTypeReduceSum && skipNeutral(n.Inputs()[0]) == of
}

// addsOne tells whether a node is 1 + e^-z.
func addsOne(n *Node) bool {
	if n.Type() != NodeTypeAdd {
		return false
	}
	a, b := skipNeutral(n.Inputs()[0]), skipNeutral(n.Inputs()[1])
	return isOne(a) && b.Type() == NodeTypeExp || isOne(b) && a.Type() == NodeTypeExp
}

func isOne(n *Node) bool { return isScalar(n, 1) }
