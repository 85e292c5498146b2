package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Saliency shows how much the score changes with each pixel:
//
//	L = max_c |dS/dx_c|
//
// over the picture's colours c. Simonyan et al. 2013, "Deep Inside Convolutional
// Networks: Visualising Image Classification Models and Saliency Maps", section 3.1.
// Shape: [batch, H, W], of the picture, whatever the layer.
var Saliency = Register(Method{
	Name:      "Saliency",
	Aliases:   []string{"Vanilla gradient", "captum.Saliency"},
	Paper:     "Simonyan et al. 2013, arXiv:1312.6034",
	Formula:   "max_c |dS/dx_c| (section 3.1)",
	Unit:      "score per unit of input",
	Passes:    "1 forward, 1 backward down to the picture",
	Use:       "to see single pixels; noisy",
	Peers:     "captum gives the colours one by one",
	Procedure: Pixels(func(at View) *Node { return ReduceMax(Abs(at.Grad), -1) }),
})
