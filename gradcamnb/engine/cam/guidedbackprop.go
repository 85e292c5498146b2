package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// GuidedBackprop is [Saliency] with a gradient that every ReLU lets through only if
// it is positive,
//
//	R_l = [f_l > 0] [R_l+1 > 0] R_l+1,   L = max_c |R_0|
//
// Springenberg et al. 2014, "Striving for Simplicity: The All Convolutional Net", section
// 3.4. As in captum and pytorch-grad-cam, the rule holds for ReLU alone: other activations,
// such as ReLU6, keep their gradient. The map looks sharp but says little: it hardly depends
// on the class or on the weights (Adebayo et al. 2018). Shape: [batch, H, W], of the
// picture, whatever the layer.
var GuidedBackprop = Register(Method{
	Name:      "Guided backpropagation",
	Aliases:   []string{"GuidedBackprop", "GuidedBackpropReLU"},
	Paper:     "Springenberg et al. 2014, arXiv:1412.6806",
	Formula:   "max_c |R_0|, R_l = [f_l > 0] [R_l+1 > 0] R_l+1 at every ReLU (section 3.4)",
	Unit:      "score per unit of input",
	Passes:    "1 forward, 1 backward down to the picture",
	Use:       "together with Grad-CAM, as an edge detector; alone it says little about the class",
	Peers:     "captum and pytorch-grad-cam give the colours one by one",
	Procedure: GuidedPixels(func(at View) *Node { return ReduceMax(Abs(at.Grad), -1) }),
})
