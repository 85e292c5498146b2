package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// LeGrad shows, for vision transformers, how the score depends on the attention that each
// patch gets,
//
//	E_l = 1/(h n) SUM_heads SUM_queries ReLU(dS/dA_l)     (eq. 7)
//	L   = 1/L SUM_l E_l, the patches as a grid            (eq. 9)
//
// over all attention maps A_l [batch, heads, queries, keys]. Bousselham et al. 2024,
// "LeGrad: An Explainability Method for Vision Transformers via Feature Formation
// Sensitivity". The paper takes a different score s_l at every layer: it puts the layer's
// tokens through the model's head. A file has the head only once, at its end, so here S is
// the model's own score at every layer. Shape: [batch, h, w], whatever the layer.
var LeGrad = Register(Method{
	Name:    "LeGrad",
	Plane:   true,
	Paper:   "Bousselham et al. 2024, arXiv:2404.03214",
	Formula: "mean over layers, heads and queries of ReLU(dS/dA), A = attention (eq. 7, 9)",
	Passes:  "1 forward, 1 backward",
	Use:     "for vision transformers, without choosing a layer",
	Peers:   "the authors compute a score of every layer through the head; here all layers have the model's own score",
	Procedure: ManyLayers{Ops: []string{"Softmax"}, Map: func(_ View, layers []View) *Node {
		var sum *Node
		n := 0
		for _, l := range layers {
			s := l.Grad.Shape() // [batch, queries, keys, heads]
			if s.Dim(1) != s.Dim(2) || s.Dim(1) < 4 {
				continue
			}
			each := ReduceMean(positive(l.Grad), 1, 3) // [batch, keys]
			if sum == nil {
				sum = each
			} else if sum.Shape().Equal(each.Shape()) {
				sum = Add(sum, each)
			} else {
				exceptions.Panicf("LeGrad needs attention over the same tokens everywhere, and this model's layers have %d and %d of them: it attends within windows", sum.Shape().Dim(1), s.Dim(2))
			}
			n++
		}
		if sum == nil {
			exceptions.Panicf("LeGrad is for vision transformers, and this model has no attention over all tokens, [batch, heads, tokens, tokens]")
		}
		grid := layers[0].Tokens(ExpandAxes(DivScalar(sum, float64(n)), -1))
		return Squeeze(grid, -1)
	}},
})
