package walk

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Relevant builds the ends again with the rules of layer-wise relevance propagation in place of gradients: the
// relevance R of a value x is x times the gradient that x then has. A rule that gives x_i of z the share q_i R_z, with
// SUM_i q_i <= 1, is a gradient q_i R_z / x_i, as that of
//
//	z = P [z / P],  P = SUM_i P_i,  q_i = P_i / P    in brackets: taken for a constant
//
// is, of whatever P. These are Zennit's EpsilonPlus, with an epsilon of 0:
//
//	convolution with weights w, bias b   P = x+ w+ + x- w- + b+,  x+ = max(x, 0), x- = min(x, 0)      z+
//	sums, dense layers, means, poolings  P = z, which is the gradient itself                     epsilon
//	sigmoid, tanh, ReLU6 and the like    P = x                                                       pass
//	x times a gate, such as swish has    P = x gate, the gate taken for a constant     signal takes it all
//
// It panics if relevance comes to an operator that has no rule here.
func Relevant(picture *Node, ends ...*Node) []*Node {
	r := &relevance{picture: picture, positive: map[*Node]*Node{}}
	r.follow(ends)
	withoutStops := RemoveStops(ends...)
	return Rebuild(ends, nil, func(n *Node, inputs []*Node) *Node {
		if !r.reaches[n] || n == picture {
			return nil
		}
		if c := withoutStops(n, inputs); c != nil {
			return c
		}
		return relevanceRules[n.Type()](r, n, inputs)
	})
}

// relevance is how it goes through a graph.
type relevance struct {
	picture  *Node           // where relevance ends
	sees     map[*Node]bool  // nodes that depend on the picture
	reaches  map[*Node]bool  // of those, the ones that relevance comes to
	positive map[*Node]*Node // P of a convolution without its bias
}

// relevanceRule makes the node of a rule from the copies of a node's inputs; nil stands for the gradient.
type relevanceRule func(r *relevance, n *Node, inputs []*Node) *Node

var relevanceRules = map[NodeType]relevanceRule{
	NodeTypeConvGeneral: (*relevance).convolution,
	NodeTypeAdd:         (*relevance).bias,
	NodeTypeMul:         (*relevance).gateRule,
	NodeTypeDiv:         (*relevance).linear,
	NodeTypeDotGeneral:  (*relevance).linear,

	NodeTypeLogistic: (*relevance).pass,
	NodeTypeTanh:     (*relevance).pass,
	NodeTypeErf:      (*relevance).pass,
	NodeTypeClamp:    (*relevance).pass,
	NodeTypeMin:      (*relevance).least,
}

func init() {
	for _, t := range []NodeType{
		NodeTypeSub, NodeTypeNeg, NodeTypeAbs, NodeTypeMax, NodeTypeWhere, NodeTypeReduceSum, NodeTypeReduceMax,
		NodeTypeReduceMin, NodeTypeReduceWindow, NodeTypeBatchNormForInference, NodeTypeIdentity, NodeTypeConvertDType,
		NodeTypeReshape, NodeTypeTranspose, NodeTypeBroadcastInDim, NodeTypeSlice, NodeTypePad, NodeTypeConcatenate,
		NodeTypeReverse, NodeTypeGather, NodeTypeSplitNode,
	} {
		relevanceRules[t] = func(*relevance, *Node, []*Node) *Node { return nil }
	}
}

// follow finds out where relevance comes to. It stops at the gate of a product, which gets none.
func (r *relevance) follow(ends []*Node) {
	r.sees, r.reaches = map[*Node]bool{r.picture: true}, map[*Node]bool{}
	nodes := sortNodes(ends...)
	for _, n := range nodes {
		for _, in := range n.Inputs() {
			r.sees[n] = r.sees[n] || r.sees[in]
		}
	}
	for _, n := range ends {
		r.reaches[n] = r.sees[n]
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		if !r.reaches[n] || n == r.picture {
			continue
		}
		if relevanceRules[n.Type()] == nil {
			refuseRelevance(n, "")
		}
		gate := r.gateOf(n)
		for k, in := range n.Inputs() {
			if k != gate && r.sees[in] && in.DType().IsFloat() {
				r.reaches[in] = true
			}
		}
	}
}

func refuseRelevance(n *Node, why string) {
	exceptions.Panicf("LRP has no rule for the operator %s%s, which its relevance comes to on the way from the score to the picture; take Input x gradient, or explain an output before it", NameOf(n.Type()), why)
}

// convolution applies the rule z+.
func (r *relevance) convolution(n *Node, inputs []*Node) *Node {
	if r.sees[n.Inputs()[1]] {
		refuseRelevance(n, " with a kernel that is made of the picture")
	}
	x, w := inputs[0], inputs[1]
	r.positive[n] = Add(copyOf(n, []*Node{positive(x), positive(w)}), copyOf(n, []*Node{negative(x), negative(w)}))
	return carry(copyOf(n, inputs), r.positive[n])
}

// bias applies the rule of a convolution with the bias that comes after it, or the gradient for any other sum.
func (r *relevance) bias(n *Node, inputs []*Node) *Node {
	for i, in := range n.Inputs() {
		conv := in
		for conv.Type() == NodeTypeTranspose || conv.Type() == NodeTypeReshape {
			conv = conv.Inputs()[0]
		}
		b := n.Inputs()[1-i]
		if conv.Type() == NodeTypeConvGeneral && r.sees[conv] && !r.sees[b] {
			p := Rebuild([]*Node{n}, map[*Node]*Node{conv: r.positive[conv], b: positive(b)}, nil)[0]
			return carry(copyOf(n, inputs), p)
		}
	}
	return nil
}

// linear applies the gradient to what is linear in one input.
func (r *relevance) linear(n *Node, _ []*Node) *Node {
	if r.sees[n.Inputs()[1]] && (r.sees[n.Inputs()[0]] || n.Type() == NodeTypeDiv) {
		refuseRelevance(n, " of two values that are both made of the picture, as attention and norms have it")
	}
	return nil
}

// gateRule applies the rule of a product with a gate.
func (r *relevance) gateRule(n *Node, inputs []*Node) *Node {
	gate := r.gateOf(n)
	if gate < 0 {
		return r.linear(n, inputs)
	}
	return Mul(inputs[1-gate], StopGradient(inputs[gate]))
}

// pass gives its whole relevance to what a function is of.
func (r *relevance) pass(n *Node, inputs []*Node) *Node {
	for i, in := range n.Inputs() {
		if r.sees[in] {
			return carry(copyOf(n, inputs), inputs[i])
		}
	}
	return nil
}

// least applies the rule of a minimum: relevance passes through min(x, c), as in ReLU6, and the minimum of two computed
// values takes the gradient.
func (r *relevance) least(n *Node, inputs []*Node) *Node {
	if r.sees[n.Inputs()[0]] && r.sees[n.Inputs()[1]] {
		return nil
	}
	return r.pass(n, inputs)
}

// gateOf returns which input of a product is its gate: one that is a sigmoid or another function with bounds, if the
// other input is not. It returns -1 for any other node.
func (r *relevance) gateOf(n *Node) int {
	in := n.Inputs()
	if n.Type() != NodeTypeMul || !r.sees[in[0]] || !r.sees[in[1]] {
		return -1
	}
	first, second := r.isGate(in[0]), r.isGate(in[1])
	switch {
	case first == second:
		return -1
	case first:
		return 0
	}
	return 1
}

// isGate tells whether a node is a function with bounds, but for its place, scale and shape.
func (r *relevance) isGate(n *Node) bool {
	for n != r.picture {
		switch n.Type() {
		case NodeTypeLogistic, NodeTypeTanh, NodeTypeErf, NodeTypeClamp, NodeTypeMin:
			return true
		case NodeTypeAdd, NodeTypeSub, NodeTypeMul, NodeTypeDiv, NodeTypeMax, NodeTypeReshape, NodeTypeTranspose,
			NodeTypeBroadcastInDim, NodeTypeConvertDType, NodeTypeIdentity:
		default:
			return false
		}
		next := -1
		for i, in := range n.Inputs() {
			if r.sees[in] {
				if next >= 0 {
					return false
				}
				next = i
			}
		}
		n = n.Inputs()[next]
	}
	return false
}

// carry returns a value whose gradient is that of p times value / p.
func carry(value, p *Node) *Node {
	const stabiliser = 1e-6 // Zennit's, for sums of nothing
	through := Mul(p, StopGradient(Div(value, Add(p, MulScalar(SignPlusOrMinus(p), stabiliser)))))
	return Add(StopGradient(value), Sub(through, StopGradient(through)))
}

func positive(x *Node) *Node { return Max(x, ZerosLike(x)) }
func negative(x *Node) *Node { return Min(x, ZerosLike(x)) }
