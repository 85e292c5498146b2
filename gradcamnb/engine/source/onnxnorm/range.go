package onnxnorm

import "math"

// Range is start, start + delta, ... up to limit, exclusive:
// max(0, ceil((limit - start) / delta)) numbers.
var _ = register("Range", func(_ *builder, _ *node) {
	failf("its ends are computed from the picture, and only constants are supported there")
}, func(n *node) *tensor {
	if len(n.in) != 3 {
		failf("it has %d inputs, and start, limit and delta are wanted", len(n.in))
	}
	start, limit, delta := n.number(0, "start", 0), n.number(1, "limit", 0), n.number(2, "delta", 1)
	count := math.Ceil((limit - start) / delta)
	if !(count <= mostFolded) {
		failf("a range from %g to %g in steps of %g is too long", start, limit, delta)
	}
	length := int(max(count, 0))
	if n.in[0].konst.isInt {
		out := make([]int64, length)
		for i := range out {
			out[i] = n.in[0].konst.ints[0] + int64(i)*n.in[2].konst.ints[0]
		}
		return intTensor([]int{length}, out)
	}
	out := make([]float32, length)
	for i := range out {
		out[i] = float32(start + float64(i)*delta)
	}
	return floatTensor([]int{length}, out)
})
