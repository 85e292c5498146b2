package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// GradCAM weighs every channel A_k by the mean of the score's gradient over the
// layer's Z = h*w cells:
//
//	w_k = 1/Z SUM_ij dS/dA_k,ij        (eq. 1)
//	L   = SUM_k w_k A_k                (eq. 2, before its ReLU)
//
// Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via
// Gradient-based Localization". Shapes: [batch, h, w, channels] twice -> [batch, h, w].
// It costs one forward pass and the backward pass down to the layer.
var GradCAM = Register(Method{
	Name:    "Grad-CAM",
	Aliases: []string{"LayerGradCam"},
	Paper:   "Selvaraju et al. 2017, arXiv:1610.02391",
	Formula: "ReLU(SUM_k w_k A_k), w_k = 1/Z SUM_ij dS/dA_k,ij (eq. 1, 2)",
	Passes:  "1 forward, 1 backward down to the layer",
	Use:     "first, and at the last layers: it sums the channels that matter for the class",
	Peers:   "captum's LayerGradCam leaves the ReLU out by default, and resizes by the nearest cell",
	Procedure: Terms(func(act, grad *Node) *Node {
		w := cellMean(grad)
		return Mul(w, act)
	}),
})
