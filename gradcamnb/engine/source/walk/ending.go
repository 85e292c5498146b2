package walk

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Ending is what the values of an output are, as the end of its graph shows.
type Ending string

// The endings that are told apart. A model that ends in none of the functions ends in what
// is neither bounded nor normed: logits.
const (
	Logits           Ending = "logits"
	Probabilities    Ending = "probabilities"     // of classes that exclude one another: softmax
	Tags             Ending = "tags"              // each with a probability of its own: sigmoid
	LogProbabilities Ending = "log-probabilities" // log-softmax
)

// through are the operators that an ending is looked for behind.
var through = map[NodeType]bool{
	NodeTypeReshape: true, NodeTypeDynamicReshape: true, NodeTypeTranspose: true, NodeTypeConvertDType: true, NodeTypeIdentity: true,
	NodeTypeSlice: true, NodeTypeBroadcastInDim: true, NodeTypeOptimizationBarrier: true,
}

// EndingOf is how an output ends: e^z/SUM e^z is a softmax, 1/(1 + e^-z) a sigmoid, and
// z - log SUM e^z a log-softmax, however they are written.
func EndingOf(output *Node) Ending {
	n := behind(output)
	switch n.Type() {
	case NodeTypeLogistic:
		return Tags
	case NodeTypeFusedSoftmax:
		return Probabilities
	case NodeTypeLog:
		if EndingOf(n.Inputs()[0]) == Probabilities {
			return LogProbabilities
		}
	case NodeTypeDiv:
		above, below := behind(n.Inputs()[0]), behind(n.Inputs()[1])
		switch {
		case above.Type() == NodeTypeExp && sums(below, above):
			return Probabilities
		case isOne(above) && addsOne(below):
			return Tags
		}
	case NodeTypeSub:
		below := behind(n.Inputs()[1])
		if below.Type() == NodeTypeLog {
			if sum := behind(below.Inputs()[0]); sum.Type() == NodeTypeReduceSum && behind(sum.Inputs()[0]).Type() == NodeTypeExp {
				return LogProbabilities
			}
		}
	}
	return Logits
}

func behind(n *Node) *Node {
	for through[n.Type()] {
		n = n.Inputs()[0]
	}
	return n
}

// sums tells whether a node is the sum of the other.
func sums(n, of *Node) bool {
	return n.Type() == NodeTypeReduceSum && behind(n.Inputs()[0]) == of
}

// addsOne tells whether a node is 1 + e^-z.
func addsOne(n *Node) bool {
	if n.Type() != NodeTypeAdd {
		return false
	}
	a, b := behind(n.Inputs()[0]), behind(n.Inputs()[1])
	return isOne(a) && b.Type() == NodeTypeExp || isOne(b) && a.Type() == NodeTypeExp
}

func isOne(n *Node) bool { return isScalar(n, 1) }
