package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// HiResCAM multiplies gradient and activation cell by cell. Its map shows where the score
// comes from, not where a channel is active:
//
//	L = SUM_k dS/dA_k * A_k            (eq. 3, before any ReLU)
//
// Draelos and Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations
// of convolutional neural networks". Shapes: [batch, h, w, channels] twice ->
// [batch, h, w]. For a network that ends in one linear layer the map sums to the score
// less the bias. It costs what Grad-CAM costs.
var HiResCAM = Register(Method{
	Name:    "HiResCAM",
	Paper:   "Draelos and Carin 2020, arXiv:2011.08891",
	Formula: "ReLU(SUM_k dS/dA_k * A_k) (eq. 3)",
	Passes:  "1 forward, 1 backward down to the layer",
	Use:     "to see exactly what the score is made of: faithful for networks that end in one linear layer",
	Peers:   "if a layer is read only through a layer norm over its channels, the map is zero by construction; pytorch-grad-cam draws rounding noise there, and here a diagnosis says so",

	KeepsCells: true,

	Procedure: Terms(func(act, grad *Node) *Node { return Mul(grad, act) }),
})
