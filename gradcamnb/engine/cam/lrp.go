package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// LRP is layer-wise relevance propagation: the score is shared out among what it is made of, layer by layer, down to
// the picture, by the rules of Zennit's EpsilonPlus, which are z+ in convolutions and epsilon, here 0, in all that is
// linear besides:
//
//	R_i = SUM_j (x_i+ w_ij+ + x_i- w_ij-) / (SUM_k (x_k+ w_kj+ + x_k- w_kj-) + b_j+) R_j     convolution
//	R_i = SUM_j x_i w_ij / z_j R_j                                                           other sums
//	R_i = R_j                                                                                activation
//	L   = SUM_c R_c
//
// over the picture's colours c. Bach et al. 2015, "On Pixel-Wise Explanations for Non-Linear Classifier Decisions by
// Layer-Wise Relevance Propagation", with the rules as Montavon et al. 2019, "Layer-Wise Relevance Propagation: An
// Overview", put them together. With epsilon alone LRP of a network of ReLUs is [InputXGradient]. A norm or attention
// has no rule here, and the model is refused. A target that is no logit begins with each logit times the target's slope
// by it. Shape: [batch, H, W], of the picture, whatever the layer.
var LRP = Register(Method{
	Name:      "LRP",
	Aliases:   []string{"Layer-wise relevance propagation", "zennit.EpsilonPlus"},
	Paper:     "Bach et al. 2015, PLOS ONE 10(7), e0130140; Montavon et al. 2019",
	Formula:   "SUM_c R_c, R_i = SUM_j p_ij / (SUM_k p_kj + b_j+) R_j with p_ij = x_i+ w_ij+ + x_i- w_ij- in convolutions, R_i = SUM_j x_i w_ij / z_j R_j in other sums",
	Passes:    "1 forward, 1 backward down to the picture",
	Use:       "to see which parts of the picture a convolutional network adds its score up from, with less noise than gradients have",
	Peers:     "Zennit's EpsilonPlus has an epsilon of 1e-6 and merges batch norms with convolutions first, which files usually come with; captum has epsilon in every layer, which is Input x gradient in a network of ReLUs",
	Procedure: RelevancePixels(func(at View) *Node { return ReduceSum(Mul(at.Act, at.Grad), -1) }),
})
