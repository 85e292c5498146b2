package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// InputXGradient shows what each pixel would contribute to the score if the model were
// linear:
//
//	L = SUM_c x_c dS/dx_c
//
// over the picture's colours c; x is the model's input after its preprocessing. Shrikumar et
// al. 2016, "Not Just a Black Box: Learning Important Features Through Propagating Activation
// Differences", which compares its method with this one; the number of the equation could not
// be looked up here. Shape: [batch, H, W], of the picture, whatever the layer.
var InputXGradient = Register(Method{
	Name:      "Input x gradient",
	Aliases:   []string{"InputXGradient", "Gradient x input", "GradientInput"},
	Paper:     "Shrikumar et al. 2016, arXiv:1605.01713",
	Formula:   "SUM_c x_c dS/dx_c",
	Passes:    "1 forward, 1 backward down to the picture",
	Use:       "like Saliency, with the sign of the contribution",
	Peers:     "captum gives the colours one by one",
	Procedure: Pixels(func(at View) *Node { return ReduceSum(Mul(at.Act, at.Grad), -1) }),
})
