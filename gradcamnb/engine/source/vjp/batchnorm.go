package vjp

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

func init() { register(NodeTypeBatchNormForInference, batchNorm) }

// batchNorm returns the gradient of y = (x - m) c / sqrt(s + e) + o for each channel, which GoMLX 0.28.8 does not have.
// With r = 1/sqrt(s + e),
//
//	dS/dx = v c r, dS/dc = SUM v (x - m) r, dS/do = SUM v,
//	dS/dm = -c r SUM v, dS/ds = -c r^3/2 SUM v (x - m)
//
// x and v are [...] with the channels on one axis; the others are [channels].
func batchNorm(n, v *Node) []*Node {
	in, norm := n.Inputs(), walk.NormOf(n)
	x, scale, mean, variance := in[0], in[1], in[3], in[4]
	dims := make([]int, x.Rank())
	var rest []int
	for i := range dims {
		dims[i] = 1
		if i != norm.Axis {
			rest = append(rest, i)
		}
	}
	dims[norm.Axis] = scale.Shape().Dim(0)
	r := Reciprocal(Sqrt(AddScalar(variance, norm.Epsilon)))
	slope := Mul(scale, r)
	sum := ReduceSum(v, rest...)
	off := ReduceSum(Mul(v, Sub(x, Reshape(mean, dims...))), rest...)
	return []*Node{
		Mul(v, Reshape(slope, dims...)), Mul(off, r), sum, Neg(Mul(slope, sum)),
		MulScalar(Mul(Mul(slope, Mul(r, r)), off), -0.5),
	}
}
