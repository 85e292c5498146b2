package onnxnorm

// Gemm is alpha*A*B + beta*C, with A or B transposed. A constant B is transposed
// when the weights are loaded.
var _ = register("Gemm", func(b *builder, n *node) {
	x, w := b.plain(n.need(0)), n.need(1)
	if len(x.dims) != 2 || len(w.dims) != 2 {
		failf("it multiplies the shapes %v and %v, and both must be matrices", x.dims, w.dims)
	}
	swap := []int{1, 0}
	if n.intOr("transA", 0) != 0 {
		x = b.transpose(x, swap)
	}
	var y ref
	switch {
	case n.intOr("transB", 0) == 0:
		y = b.plain(w)
	case w.konst != nil:
		y = b.konst(w.konst.transpose(swap))
	default:
		y = b.transpose(b.plain(w), swap)
	}
	out := b.scaleBy(b.matmul(x, y), n.floatOr("alpha", 1))
	if c := n.input(2); c != nil {
		out = b.binary("Add", out, b.scaleBy(b.plain(c), n.floatOr("beta", 1)))
	}
	n.out = []*value{newFromPlain(out)}
}, nil)

func (b *builder) scaleBy(x ref, by float32) ref {
	if by == 1 {
		return x
	}
	return b.binary("Mul", x, b.scalar(by))
}
