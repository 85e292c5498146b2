package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// EigenCAM shows the first principal component of the activations over the cells:
//
//	L = X v,  X = the [h*w, channels] activations less each channel's mean,
//	          v = the first right singular vector of X
//
// Muhammad and Yeasin 2020, "Eigen-CAM: Class Activation Map using Principal
// Components"; the number of the equation could not be looked up here. The activations are
// centred, as in pytorch-grad-cam 1.5.7. A singular vector has no sign of its own. Here the
// value furthest from zero is made positive (the rule of Seg-Eigen-CAM, Chung and Ying 2025,
// eq. 13); pytorch-grad-cam keeps the sign that LAPACK returns. The method takes no gradient,
// and its map is the same for every target. Shapes: [batch, h, w, channels] -> [batch, h, w].
// It costs a forward pass.
var EigenCAM = Register(Method{
	Name:      "Eigen-CAM",
	Paper:     "Muhammad and Yeasin 2020, arXiv:2008.00299",
	Formula:   "ReLU(X v), X = centred activations, v = their first right singular vector",
	Unit:      "activation",
	Passes:    "1 forward",
	Use:       "to see the strongest pattern at the layer, whatever the class; if there is no gradient",
	Peers:     "pytorch-grad-cam keeps the sign that LAPACK returns, so about half of its maps have the other sign",
	Procedure: Map(func(at View) *Node { return principal(at.Act) }),
})
