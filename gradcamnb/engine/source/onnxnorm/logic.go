package onnxnorm

// Truth values are integers, 0 and 1, as long as they are constant.
var (
	_ = register("Not", unaryRule, func(n *node) *tensor {
		t := n.in[0].konst
		return intTensor(t.dims, convert(t.ints, func(v int64) int64 { return 1 - v }))
	})
	_ = registerBinary("And", func(a, b int64) int64 { return a & b }, nil)
	_ = registerBinary("Or", func(a, b int64) int64 { return a | b }, nil)
)
