package onnxnorm

// Expand repeats a tensor until it has the given shape.
var _ = register("Expand", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	dims := expandDims(n)
	n.out = []*value{newFromPlain(b.emit("Expand", dims, []ref{x, b.ints(dims...)}))}
}, func(n *node) *tensor {
	t, dims := n.in[0].konst, expandDims(n)
	switch {
	case !foldsHere(dims, t.isInt):
	case t.isInt:
		return intTensor(dims, broadcastValues(t.ints, t.dims, dims))
	default:
		return floatTensor(dims, broadcastValues(t.floats(), t.dims, dims))
	}
	return nil
})

func expandDims(n *node) []int {
	want, _ := n.param(1, "shape")
	dims, ok := broadcast(n.need(0).dims, want)
	if !ok {
		failf("it cannot repeat the shape %v into %v", n.in[0].dims, want)
	}
	return dims
}
