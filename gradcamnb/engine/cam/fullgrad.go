package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// FullGrad adds up what the picture and every bias of the network contribute to the
// score, S = dS/dx . x + SUM_l dS/db_l . b_l:
//
//	L = psi(dS/dx * x) + SUM_l SUM_k psi(dS/dA_l,k * b_l,k)     (eq. 6)
//
// psi is the absolute value, scaled to [0, 1] in each channel and resized to the picture.
// Srinivas and Fleuret 2019, "Full-Gradient Representation for Neural Network
// Visualization". As in pytorch-grad-cam 1.5.7, the biases are those of convolutions and
// batch norms, and a batch norm's bias is beta - mu gamma / sqrt(var + eps). The biases of
// linear layers have no place in the picture. Shape: [batch, H, W], of the picture, whatever
// the layer.
var FullGrad = Register(Method{
	Name:    "FullGrad",
	Plane:   true,
	Spreads: true,
	Paper:   "Srinivas and Fleuret 2019, arXiv:1905.00780",
	Formula: "psi(dS/dx * x) + SUM_l,k psi(dS/dA_l,k * b_l,k), psi = |.| scaled to [0, 1] and resized (eq. 6)",
	Unit:    "relative",
	Passes:  "1 forward, 1 backward down to the picture",
	Use:     "to see everything at once, without choosing a layer",
	Procedure: ManyLayers{Ops: []string{"Conv", "ConvTranspose", "BatchNormalization"}, Bias: true,
		Map: func(picture View, layers []View) *Node {
			if len(layers) == 0 {
				exceptions.Panicf("FullGrad needs the biases of convolutions or batch norms, and the model has none: take Input x gradient, FullGrad's first term")
			}
			h, w := picture.Act.Shape().Dim(1), picture.Act.Shape().Dim(2)
			sum := channelSum(Abs(Mul(picture.Grad, picture.Act)))
			for _, l := range layers {
				if l.Bias == nil {
					exceptions.Panicf("FullGrad needs every layer with a bias as a map of the picture, and the cells of layer %s do not lie where they lay in it: take Input x gradient, FullGrad's first term", l.Name)
				}
				sum = Add(sum, Resize(channelSum(Abs(Mul(l.Grad, ExpandAxes(l.Bias, 0, 1, 2)))), h, w))
			}
			return sum
		}},
})

// channelSum scales every channel of every picture to [0, 1] and sums the channels:
// [batch, h, w, channels] -> [batch, h, w].
func channelSum(x *Node) *Node { return ReduceSum(minMax(x, 1, 2), -1) }

// minMax returns (x - min x) / (1e-7 + max(x - min x)) over the axes.
func minMax(x *Node, axes ...int) *Node {
	x = Sub(x, ReduceAndKeep(x, ReduceMin, axes...))
	return Div(x, AddScalar(ReduceAndKeep(x, ReduceMax, axes...), 1e-7))
}
