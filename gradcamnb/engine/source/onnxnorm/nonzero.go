package onnxnorm

// NonZero lists the indices of the values of a constant that are not zero, [rank, count]. torch's older exporter wrote
// a range of numbers in this way before opset 11.
var _ = register("NonZero", func(_ *builder, _ *node) {
	failf("only constants are supported there, and this depends on the picture")
}, func(n *node) *tensor {
	t := n.in[0].konst
	if size(t.dims) > foldLimit || !t.isInt {
		return nil
	}
	var found []int
	for i, v := range t.ints {
		if v != 0 {
			found = append(found, i)
		}
	}
	var out []int64
	for axis, step := range strides(t.dims) {
		for _, i := range found {
			out = append(out, int64(i/step%t.dims[axis]))
		}
	}
	return intTensor([]int{len(t.dims), len(found)}, out)
})
