package onnxnorm

import (
	"fmt"
	"math"
	"slices"
)

var (
	_ = register("Gelu", gelu, nil)
	_ = register("com.microsoft.Gelu", gelu, nil)
)

// gelu is x/2 * (1 + erf(x/sqrt(2))) = (u + u*erf(u))/sqrt(2) with u = x/sqrt(2), or with approximate="tanh" x/2 * (1 +
// tanh(sqrt(2/pi) * (x + 0.044715*x^3))). onnx-gomlx ignores that attribute.
func gelu(b *builder, n *node) {
	tanh := n.stringOr("approximate", "none") == "tanh"
	n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
		if !tanh {
			c := b.spreadConstant(math.Sqrt2/2, x)
			u := b.binary("Mul", x, c)
			return b.binary("Mul", b.addTo(u, b.binary("Mul", u, b.unary("Erf", u))), c)
		}
		cube := b.binary("Mul", b.binary("Mul", b.binary("Mul", x, x), x), b.scalar(0.044715))
		inner := b.unary("Tanh", b.binary("Mul", b.addTo(x, cube), b.scalar(0.7978845608028654)))
		half := b.binary("Mul", x, b.scalar(0.5))
		return b.binary("Mul", half, b.binary("Add", inner, b.scalar(1)))
	})}
}

// spreadConstant returns a number that every cell of x is combined with, as a vector over the channels. If XLA joins
// the operators around it to the matrix products (YNNPACK), it first writes a number out in the size of x, three times
// 38 MB for ConvNeXt-T in a batch of 8, but not a vector. The pure-Go backend is quick with numbers and slow with
// vectors.
func (b *builder) spreadConstant(v float32, x ref) ref {
	if b.pureGo || len(x.dims) == 0 {
		return b.scalar(v)
	}
	c := x.dims[len(x.dims)-1]
	return b.weight(fmt.Sprintf("@%gx%d", v, c), []int{c}, func() []float32 { return slices.Repeat([]float32{v}, c) })
}
