package onnxnorm

// MatMul follows numpy for two tensors of rank 2 or more.
var _ = register("MatMul", func(b *builder, n *node) {
	x, y := b.plain(n.need(0)), b.plain(n.need(1))
	if len(x.dims) < 2 || len(y.dims) < 2 {
		failf("it multiplies the shapes %v and %v, and vectors are not supported", x.dims, y.dims)
	}
	if len(y.dims) == 2 && len(x.dims) > 2 {
		n.out = []*value{inTail(fromPlain(b.linear(x, y)), n.in[0])}
		return
	}
	n.out = []*value{fromPlain(b.matmul(x, y))}
}, nil)
