package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// XGradCAM weighs every channel by the mean of its gradient, weighted by the activations. Of
// all such weights these come closest to two axioms, sensitivity and conservation:
//
//	w_k = SUM_ij dS/dA_k,ij A_k,ij / SUM_ab A_k,ab     (eq. 8)
//	L   = SUM_k w_k A_k                                (before the ReLU)
//
// Fu et al. 2020, "Axiom-based Grad-CAM". 1e-7 is added to the denominator, as in
// pytorch-grad-cam 1.5.7. If A_k can be negative, as before a ReLU, its sum can cancel, and
// the weight can then be any number. Shapes: [batch, h, w, channels] twice -> [batch, h, w].
// It costs what Grad-CAM costs.
var XGradCAM = Register(Method{
	Name:    "XGrad-CAM",
	Paper:   "Fu et al. 2020, arXiv:2008.02312",
	Formula: "ReLU(SUM_k w_k A_k), w_k = SUM_ij dS/dA_k,ij A_k,ij / SUM A_k (eq. 8)",
	Passes:  "1 forward, 1 backward down to the layer",
	Use:     "like Grad-CAM, at a layer after a ReLU; in networks of ReLUs its terms add up to the score",
	Peers:   "torch-cam adds 1e-8 to the denominator, pytorch-grad-cam 1e-7",
	Procedure: Terms(func(act, grad *Node) *Node {
		sum := AddScalar(cellSum(act), 1e-7)
		w := ReduceAndKeep(Div(Mul(grad, act), sum), ReduceSum, 1, 2)
		return Mul(w, act)
	}),
})
