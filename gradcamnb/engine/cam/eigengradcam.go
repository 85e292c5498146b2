package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// EigenGradCAM is [EigenCAM] of the products of activations and gradients. Unlike EigenCAM it
// depends on the target:
//
//	L = X v,  X = dS/dA * A as [h*w, channels], less each channel's mean,
//	          v = the first right singular vector of X
//
// It comes from pytorch-grad-cam 1.5.7 (eigen_grad_cam.py), and is in no paper. The sign is
// chosen as in [EigenCAM]. Shapes: [batch, h, w, channels] twice -> [batch, h, w]. It costs
// what Grad-CAM costs.
var EigenGradCAM = Register(Method{
	Name:      "Eigen-Grad-CAM",
	Paper:     "pytorch-grad-cam 1.5.7, after Muhammad and Yeasin 2020",
	Formula:   "ReLU(X v), X = centred dS/dA * A, v = its first right singular vector",
	Passes:    "1 forward, 1 backward down to the layer",
	Use:       "like Eigen-CAM, but for one class, with less noise than Grad-CAM",
	Peers:     "pytorch-grad-cam keeps the sign that LAPACK returns",
	Procedure: Map(func(at View) *Node { return principal(Mul(at.Grad, at.Act)) }),
})
