package onnxnorm

import "slices"

// Unique lists the values of a constant, each once, in rising order or in that of their first places. How many there
// are depends on the values, so those of the picture are refused.
var _ = register("Unique", func(_ *builder, _ *node) {
	failf("only constants are supported there, and this depends on the picture")
}, func(n *node) *tensor {
	t := n.in[0].konst
	others := slices.ContainsFunc(n.Output[1:], func(name string) bool { return name != "" })
	if size(t.dims) > foldLimit || others || n.attr("axis") != nil && len(t.dims) != 1 {
		failf("only its first output is supported, of all values")
	}
	isSorted := n.intOr("sorted", 1) != 0
	if t.isInt {
		v := onceEach(t.ints, isSorted)
		return intTensor([]int{len(v)}, v)
	}
	v := onceEach(t.floats(), isSorted)
	return floatTensor([]int{len(v)}, v)
})

func onceEach[T int64 | float32](values []T, isSorted bool) []T {
	var out []T
	seen := map[T]bool{}
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	if isSorted {
		slices.Sort(out)
	}
	return out
}
