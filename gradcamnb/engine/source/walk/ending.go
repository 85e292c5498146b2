package walk

import (
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
// from z. For an index of the largest value, z is the node that is searched. For logits it is nil.
func EndingOf(output *Node) (Ending, *Node) {
	n := skipNeutral(output)
	in := func(i int) *Node { return skipNeutral(n.Inputs()[i]) }
	switch n.Type() {
	case NodeTypeLogistic:
		return Tags, in(0)
	case NodeTypeArgMinMax:
		return Ranks, in(0)
	case NodeTypeTanh, NodeTypeExp:
		return Squashed, nil
	case NodeTypeLog:
		if e, z := EndingOf(in(0)); e == Probabilities {
			return LogProbabilities, z
		}
	case NodeTypeDiv:
		switch {
		case in(0).Type() == NodeTypeExp && sums(in(1), in(0)):
			return Probabilities, unshift(in(0).Inputs()[0])
		case isOne(in(0)) && addsOne(in(1)):
			return Tags, nil
		}
	case NodeTypeSub:
		if in(1).Type() != NodeTypeLog {
			break
		}
		if sum := skipNeutral(in(1).Inputs()[0]); sum.Type() == NodeTypeReduceSum &&
			skipNeutral(sum.Inputs()[0]).Type() == NodeTypeExp {
			return LogProbabilities, unshift(n.Inputs()[0])
		}
	}
	return Logits, nil
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
