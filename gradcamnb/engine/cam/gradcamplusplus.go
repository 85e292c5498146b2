package cam

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// GradCAMPlusPlus weighs every channel by its positive gradients. Each cell has a weight of
// its own, so that all objects of a class show, not only the largest:
//
//	a_k,ij = G^2 / (2 G^2 + G^3 SUM_ab A_k,ab),  G = dS/dA_k,ij     (eq. 19)
//	w_k    = SUM_ij a_k,ij ReLU(G)                                  (eq. 5)
//	L      = SUM_k w_k A_k                                          (eq. 6, before its ReLU)
//
// If G = 0, a is 0. Chattopadhay et al. 2018, "Grad-CAM++: Improved Visual Explanations for
// Deep Convolutional Networks". The paper's score is exp(S), which changes the map only by a
// factor. As in pytorch-grad-cam 1.5.7, S itself is taken here, and 1e-6 is added to the
// denominator. Shapes: [batch, h, w, channels] twice -> [batch, h, w]. It costs what Grad-CAM
// costs.
var GradCAMPlusPlus = Register(Method{
	Name:    "Grad-CAM++",
	Aliases: []string{"GradCAMPP"},
	Paper:   "Chattopadhay et al. 2018, arXiv:1710.11063",
	Formula: "ReLU(SUM_k w_k A_k), w_k = SUM_ij a_k,ij ReLU(G), a = G^2 / (2 G^2 + G^3 SUM A_k) (eq. 19, 5, 6)",
	Passes:  "1 forward, 1 backward down to the layer",
	Use:     "for several objects of the class in one picture",
	Peers:   "torch-cam sums G^3 A together in the denominator and xplique takes means where the paper sums; pytorch-grad-cam 1.5.7 agrees",
	Procedure: Terms(func(act, grad *Node) *Node {
		g2 := Mul(grad, grad)
		sum := cellSum(act)
		a := Div(g2, AddScalar(Add(MulScalar(g2, 2), Mul(sum, Mul(g2, grad))), 1e-6))
		a = Where(Equal(grad, ScalarZero(grad.Graph(), dtypes.Float32)), ZerosLike(a), a)
		w := ReduceAndKeep(Mul(a, positive(grad)), ReduceSum, 1, 2)
		return Mul(w, act)
	}),
})
