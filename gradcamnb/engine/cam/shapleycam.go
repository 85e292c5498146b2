package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ShapleyCAM weighs every channel by the mean of the Shapley values of its cells, taken
// from the second-order expansion of the score around the layer:
//
//	w_k = mean_ij (G - 1/2 H A)_k,ij,   G = dS/dA,  H = d2S/dA2
//	L   = SUM_k w_k A_k
//
// Cai 2025, "CAMs as Shapley Value-based Explainers", as in pytorch-grad-cam 1.5.7
// (shapley_cam.py); the number of the paper's equation could not be looked up here. H A is
// the gradient of <G, A> with A held fixed in the product, so the matrix H is never made. In
// networks of ReLUs a logit has H = 0 almost everywhere, and the map is Grad-CAM's; explain
// the softmax probability instead. Shapes: [batch, h, w, channels] -> [batch, h, w].
//
// GoMLX 0.28.8 has no second derivative of convolutions with strides or of max pooling. For
// ONNX files the graph's rewriting avoids both, and for GoMLX models package vjp adds them.
var ShapleyCAM = Register(Method{
	Name:    "ShapleyCAM",
	Paper:   "Cai 2025, arXiv:2501.06261",
	Formula: "ReLU(SUM_k w_k A_k), w_k = mean_ij (G - 1/2 H A)_k,ij, G = dS/dA, H = d2S/dA2",
	Passes:  "1 forward, 2 backward",
	Use:     "with the target softmax, which knows the other classes; for a logit it mostly gives Grad-CAM's map",
	Procedure: Map(func(at View) *Node {
		along := ReduceAllSum(Mul(at.Grad, StopGradient(at.Act)))
		var curved *Node
		if err := exceptions.TryCatch[error](func() { curved = at.Grid(Gradient(along, at.Node)[0]) }); err != nil {
			exceptions.Panicf("ShapleyCAM needs the second derivative of the network after layer %s, and it cannot be computed: %v; choose a later layer, or Grad-CAM", at.Name, err)
		}
		w := cellMean(Sub(at.Grad, MulScalar(curved, 0.5)))
		return ReduceSum(Mul(w, at.Act), -1)
	}),
})
