package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// GradCAMElementWise is [HiResCAM] without the negative terms, which speak against the
// target:
//
//	L = SUM_k ReLU(dS/dA_k * A_k)
//
// Pillai and Pirsiavash 2021, "Explainable Models with Consistent Interpretations", as in
// pytorch-grad-cam 1.5.7 (grad_cam_elementwise.py); the number of the paper's equation could
// not be looked up here. Shapes: [batch, h, w, channels] twice -> [batch, h, w]. It costs what
// Grad-CAM costs.
var GradCAMElementWise = Register(Method{
	Name:    "Element-wise Grad-CAM",
	Aliases: []string{"GradCAMElementWise"},
	Paper:   "Pillai and Pirsiavash 2021, AAAI 35(3)",
	Formula: "SUM_k ReLU(dS/dA_k * A_k)",
	Passes:  "1 forward, 1 backward down to the layer",
	Use:     "to see everything that speaks for the class; what speaks against it is not subtracted",

	KeepsCells: true,

	Procedure: Terms(func(act, grad *Node) *Node { return positive(Mul(grad, act)) }),
})

func positive(x *Node) *Node { return Max(x, ZerosLike(x)) }
