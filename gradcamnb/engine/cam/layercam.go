package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// LayerCAM weighs every activation by its own gradient if that is positive, else by 0. It
// keeps the detail of early layers:
//
//	L = SUM_k ReLU(dS/dA_k) * A_k      (eq. 6 to 8, before the ReLU of eq. 8)
//
// Jiang et al. 2021, "LayerCAM: Exploring Hierarchical Class Activation Maps for
// Localization". Shapes: [batch, h, w, channels] twice -> [batch, h, w]. It costs what
// Grad-CAM costs.
var LayerCAM = Register(Method{
	Name:    "LayerCAM",
	Paper:   "Jiang et al. 2021, IEEE TIP 30",
	Formula: "ReLU(SUM_k ReLU(dS/dA_k) * A_k) (eq. 6 to 8)",
	Passes:  "1 forward, 1 backward down to the layer",
	Use:     "at early layers, for fine detail",
	Peers:   "to join several layers, torch-cam takes the largest of tanh(2 L), and pytorch-grad-cam the mean; here the methods Mean, Max and RefineCAM do it",

	KeepsCells: true,

	Procedure: Terms(func(act, grad *Node) *Node { return Mul(positive(grad), act) }),
})
