package cam

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ClassActivation is the first of the family, for networks that end in a global average
// pooling and one linear layer:
//
//	S = SUM_k w_k F_k + bias,  F_k = mean_ij A_k,ij
//	L = SUM_k w_k A_k                                   (eq. 2)
//
// Zhou et al. 2016, "Learning Deep Features for Discriminative Localization", with the
// mean that its networks have in place of the sum of eq. 1. The weights w are the linear
// layer's; they are read off the graph as dS/dF_k = SUM_ij dS/dA_k,ij, which is the same
// number, once it is sure that between layer and score there is nothing but the pooling
// and linear operators. The map's mean is the score less the bias. Shapes: [batch, h, w,
// channels] -> [batch, h, w].
var ClassActivation = register(Method{
	Name:    "CAM",
	Paper:   "Zhou et al. 2016, arXiv:1512.04150",
	Formula: "ReLU(SUM_k w_k A_k), w_k = the linear layer's weight of channel k (eq. 2)",
	Passes:  "1 forward, 1 backward through the head",
	Use:     "for networks with global average pooling and one linear layer, at the layer before the pooling",
	Peers:   "torch-cam looks the linear layer up by name; captum and pytorch-grad-cam have no CAM",
	How: Map(func(at At) *Node {
		refuseOtherHeads(at)
		w := ReduceAndKeep(at.Grad, ReduceSum, 1, 2)
		return ReduceSum(Mul(w, at.Act), -1)
	}),
})

// linear operators, where all inputs but one do not depend on the layer.
var linear = map[NodeType]bool{
	NodeTypeMul: true, NodeTypeDiv: true, NodeTypeAdd: true, NodeTypeSub: true, NodeTypeNeg: true,
	NodeTypeDotGeneral: true, NodeTypeConvGeneral: true, NodeTypeReduceSum: true,
	NodeTypeReshape: true, NodeTypeTranspose: true, NodeTypeBroadcastInDim: true,
	NodeTypeSlice: true, NodeTypeConcatenate: true, NodeTypeIdentity: true, NodeTypeConvertDType: true,
	NodeTypeWhere: true, NodeTypeFusedDense: true,
}

// activates tells whether a dense layer that is one operator has an activation in it. GoMLX
// says so only in the node's description.
func activates(n *Node) bool {
	return n.Type() == NodeTypeFusedDense && !strings.Contains(n.String(), fmt.Sprintf("%+v", compute.DenseConfig{}))
}

// refuseOtherHeads stops where the score is not a linear function of the layer's means.
func refuseOtherHeads(at At) {
	refuse := func(what string) {
		exceptions.Panicf("CAM needs a network that ends in a global average pooling and one linear layer, at the layer before the pooling and for a logit; after layer %s there is %s. Grad-CAM has no such need", at.Name, what)
	}
	s := at.Act.Shape()
	pooled := s.Dim(0) * s.Dim(3) // number of values after the pooling
	depends := map[*Node]bool{at.Node: true}
	full := map[*Node]bool{at.Node: true} // nodes that still have every cell
	nodes := between(at.Node, at.Score)
	for _, n := range nodes {
		count := 0
		for i, in := range n.Inputs() {
			if !depends[in] {
				continue
			}
			count++
			if n.Type() == NodeTypeWhere && i == 0 || n.Type() == NodeTypeDiv && i == 1 {
				refuse("the operator " + n.Type().String() + ", which is not linear")
			}
			if full[in] && n.Shape().Size() > pooled {
				full[n] = true
			}
			if full[in] && (n.Type() == NodeTypeDotGeneral || n.Type() == NodeTypeFusedDense || n.Type() == NodeTypeConvGeneral || n.Type() == NodeTypeSlice) {
				refuse("the operator " + n.Type().String() + " before any global pooling")
			}
		}
		if count == 0 || n.Type() == NodeTypeArgMinMax { // which class is the best says which score it is, not how large
			continue
		}
		depends[n] = true
		if !linear[n.Type()] || activates(n) || count > 1 && (n.Type() == NodeTypeMul || n.Type() == NodeTypeDotGeneral) {
			refuse("the operator " + n.Type().String() + ", which is not linear")
		}
	}
	if !depends[at.Score] {
		refuse("no way to the score")
	}
}

// between are the nodes that the score depends on and that come after a node, in the
// order of the graph.
func between(from, score *Node) []*Node {
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
