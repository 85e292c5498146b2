package onnxnorm

// ConstantOfShape is filled with one number, which is zero if the file names none.
var _ = register("ConstantOfShape", func(b *builder, n *node) {
	dims, one := readFilling(n)
	n.out = []*value{newFromPlain(b.fillConstant(dims, one.numbers()[0])).setKind((&value{konst: one}).kind())}
}, func(n *node) *tensor {
	dims, one := readFilling(n)
	switch {
	case !isPlausible(dims) || !foldsHere(dims, one.isInt):
		return nil
	case one.isInt:
		t := intTensor(dims, broadcastValues(one.ints, []int{1}, dims))
		t.kind = one.kind
		return t
	}
	return floatTensor(dims, broadcastValues(one.floats(), []int{1}, dims))
})

func readFilling(n *node) (dims []int, one *tensor) {
	dims, one = n.constantInput(0, "shape").toInts(), floatTensor([]int{1}, []float32{0})
	if a := n.attr("value"); a != nil && a.T != nil {
		t, err := decode(a.T, rawData(a.T))
		if err != nil {
			failf("%w", err)
		}
		one = t
	}
	if size(one.dims) != 1 {
		failf("its value has the shape %v, and one number is wanted", one.dims)
	}
	return dims, one.reshape([]int{1})
}
