package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// LayerCAM weighs every activation by its own gradient where that is positive, which
// keeps the detail of early layers:
//
//	L = SUM_k ReLU(dS/dA_k) * A_k      (eq. 6 to 8, before the ReLU of eq. 8)
//
// Jiang et al. 2021, "LayerCAM: Exploring Hierarchical Class Activation Maps for
// Localization". Shapes: [batch, h, w, channels] twice -> [batch, h, w]. It costs what
// Grad-CAM costs.
var LayerCAM = register(Method{
	Name:    "LayerCAM",
	Paper:   "Jiang et al. 2021, IEEE TIP 30",
	Formula: "ReLU(SUM_k ReLU(dS/dA_k) * A_k) (eq. 6 to 8)",
	Map: func(act, grad *Node) *Node {
		return ReduceSum(Mul(positive(grad), act), -1)
	},
})
