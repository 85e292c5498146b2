package onnxnorm

var (
	_ = register("Gelu", gelu, nil)
	_ = register("com.microsoft.Gelu", gelu, nil)
)

// gelu is x/2 * (1 + erf(x/sqrt(2))), or with approximate="tanh"
// x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715*x^3))), an attribute that onnx-gomlx
// passes over.
func gelu(b *builder, n *node) {
	tanh := n.stringOr("approximate", "none") == "tanh"
	n.out = []*value{b.each(n.need(0), func(x ref) ref {
		var inner ref
		if tanh {
			cube := b.binary("Mul", b.binary("Mul", b.binary("Mul", x, x), x), b.scalar(0.044715))
			inner = b.unary("Tanh", b.binary("Mul", b.binary("Add", x, cube), b.scalar(0.7978845608028654)))
		} else {
			inner = b.unary("Erf", b.binary("Mul", x, b.scalar(0.7071067811865476)))
		}
		half := b.binary("Mul", x, b.scalar(0.5))
		return b.binary("Mul", half, b.binary("Add", inner, b.scalar(1)))
	})}
}
