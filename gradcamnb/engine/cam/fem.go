package cam

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// FEM weighs every channel by the share of its cells that are more than two standard
// deviations above the channel's mean:
//
//	w_k = mean_ij [A_k,ij > mean(A_k) + 2 std(A_k)]
//	L   = SUM_k w_k A_k
//
// Fuad et al. 2020, "Features Understanding in 3D CNNs for Actions Recognition in
// Video", as in pytorch-grad-cam 1.5.7 (fem.py); the number of the equation could not be
// looked up here. The variance is the sum of squares divided by the number of cells, not by
// one less. The method takes no gradient, and its map is the same for every target. Shapes:
// [batch, h, w, channels] -> [batch, h, w]. It costs a forward pass. Of n values none lies more
// than sqrt(n - 1) standard deviations above their mean, so a map of 5 cells or fewer is zero.
var FEM = Register(Method{
	Name:    "FEM",
	Paper:   "Fuad et al. 2020, IPTA",
	Formula: "ReLU(SUM_k w_k A_k), w_k = share of cells with A_k > mean + 2 std",
	Unit:    "activation",
	Passes:  "1 forward",
	Use:     "to see what stands out at the layer, whatever the class; if there is no gradient",
	Procedure: Terms(func(act, _ *Node) *Node {
		mean := ReduceAndKeep(act, ReduceMean, 1, 2)
		off := Sub(act, mean)
		std := Sqrt(ReduceAndKeep(Mul(off, off), ReduceMean, 1, 2))
		above := ConvertDType(GreaterThan(act, Add(mean, MulScalar(std, 2))), dtypes.Float32)
		w := ReduceAndKeep(above, ReduceMean, 1, 2)
		return Mul(w, act)
	}),
})
