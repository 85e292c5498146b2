package cam

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ClassActivation weighs every channel by its weight in the last layer, in networks that
// end in a global average pooling and one linear layer. It is the first method of the
// family:
//
//	S = SUM_k w_k F_k + bias,  F_k = mean_ij A_k,ij
//	L = SUM_k w_k A_k                                   (eq. 2)
//
// Zhou et al. 2016, "Learning Deep Features for Discriminative Localization". F_k is the
// mean, as in the paper's networks, and not the sum of its eq. 1. The weights w are the
// linear layer's. They are computed as dS/dF_k = SUM_ij dS/dA_k,ij, which is equal if only
// the pooling and linear operators lie between layer and score; that is checked first. The
// map's mean is the score less the bias. Shapes: [batch, h, w, channels] -> [batch, h, w].
var ClassActivation = Register(Method{
	Name:    "CAM",
	Paper:   "Zhou et al. 2016, arXiv:1512.04150",
	Formula: "ReLU(SUM_k w_k A_k), w_k = the linear layer's weight of channel k (eq. 2)",
	Passes:  "1 forward, 1 backward through the head",
	Use:     "for networks with global average pooling and one linear layer, at the layer before the pooling",
	Peers:   "torch-cam looks the linear layer up by name; captum and pytorch-grad-cam have no CAM",
	Procedure: Map(func(at View) *Node {
		refuseOtherHeads(at)
		w := ReduceAndKeep(at.Grad, ReduceSum, 1, 2)
		return ReduceSum(Mul(w, at.Act), -1)
	}),
})

// linear has the operators that are linear in an input if no other input depends on the
// layer.
var linear = map[NodeType]bool{
	NodeTypeMul: true, NodeTypeDiv: true, NodeTypeAdd: true, NodeTypeSub: true, NodeTypeNeg: true,
	NodeTypeDotGeneral: true, NodeTypeConvGeneral: true, NodeTypeReduceSum: true,
	NodeTypeReshape: true, NodeTypeTranspose: true, NodeTypeBroadcastInDim: true,
	NodeTypeSlice: true, NodeTypeConcatenate: true, NodeTypeIdentity: true, NodeTypeConvertDType: true,
	NodeTypeWhere: true, NodeTypeFusedDense: true,
}

// hasActivation tells whether a node is a fused dense layer with an activation. GoMLX says so
// only in the node's description.
func hasActivation(n *Node) bool {
	return n.Type() == NodeTypeFusedDense && !strings.Contains(n.String(), fmt.Sprintf("%+v", compute.DenseConfig{}))
}

// refuseOtherHeads panics if the score is not a linear function of the layer's means.
func refuseOtherHeads(at View) {
	s := at.Act.Shape()
	h := head{
		layer: at.Name, pooled: s.Dim(0) * s.Dim(3),
		depends: map[*Node]bool{at.Node: true}, full: map[*Node]bool{at.Node: true},
	}
	for _, n := range nodesBetween(at.Node, at.Score) {
		h.take(n)
	}
	if !h.depends[at.Score] {
		h.refuse("no way to the score")
	}
}

// head describes the nodes after a layer that were checked so far.
type head struct {
	layer   string
	pooled  int            // number of values after the pooling
	depends map[*Node]bool // nodes that depend on the layer
	full    map[*Node]bool // of them, those before the pooling
}

func (h head) refuse(what string) {
	exceptions.Panicf("CAM needs a network that ends in a global average pooling and one linear layer, at the layer before "+
		"the pooling and for a logit; after layer %s there is %s. Grad-CAM has no such need", h.layer, what)
}

// take checks the next node.
func (h head) take(n *Node) {
	count := 0
	for i, in := range n.Inputs() {
		if h.depends[in] {
			count++
			h.takeInput(n, i, in)
		}
	}
	if count == 0 || n.Type() == NodeTypeArgMinMax { // the best class's number selects a score and does not change it
		return
	}
	h.depends[n] = true
	product := n.Type() == NodeTypeMul || n.Type() == NodeTypeDotGeneral
	if !linear[n.Type()] || hasActivation(n) || count > 1 && product {
		h.refuse("the operator " + n.Type().String() + ", which is not linear")
	}
}

// takeInput checks input i of a node. That input depends on the layer.
func (h head) takeInput(n *Node, i int, in *Node) {
	if n.Type() == NodeTypeWhere && i == 0 || n.Type() == NodeTypeDiv && i == 1 {
		h.refuse("the operator " + n.Type().String() + ", which is not linear")
	}
	if !h.full[in] {
		return
	}
	if n.Shape().Size() > h.pooled {
		h.full[n] = true
	}
	switch n.Type() {
	case NodeTypeDotGeneral, NodeTypeFusedDense, NodeTypeConvGeneral, NodeTypeSlice:
		h.refuse("the operator " + n.Type().String() + " before any global pooling")
	}
}

// nodesBetween returns the nodes after from that the score depends on, in the order of the graph.
func nodesBetween(from, score *Node) []*Node {
	seen := map[*Node]bool{}
	var out []*Node
	var visit func(*Node)
	visit = func(n *Node) {
		if seen[n] || n.Id() <= from.Id() {
			return
		}
		seen[n] = true
		for _, in := range n.Inputs() {
			visit(in)
		}
		out = append(out, n)
	}
	visit(score)
	return out
}
