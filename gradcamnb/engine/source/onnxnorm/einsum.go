package onnxnorm

import (
	"slices"
	"strings"
)

// Einsum of one or two operands, with every axis named and no ellipsis.
var _ = register("Einsum", func(b *builder, n *node) {
	equation := strings.ReplaceAll(n.stringOr("equation", ""), " ", "")
	left, right, explicit := strings.Cut(equation, "->")
	terms := strings.Split(left, ",")
	if !explicit || strings.Contains(equation, ".") || len(terms) != len(n.in) || len(terms) > 2 {
		failf("the equation %q is not supported: it must name every axis of one or two operands and of the result", equation)
	}
	length := map[rune]int{}
	var in []ref
	for i, term := range terms {
		x := b.plain(n.need(i))
		if len(term) != len(x.dims) {
			failf("the equation %q names %d axes of an operand of shape %v", equation, len(term), x.dims)
		}
		for a, name := range term {
			if d, seen := length[name]; seen && d != x.dims[a] {
				failf("the equation %q gives the axis %c the lengths %d and %d", equation, name, d, x.dims[a])
			}
			length[name] = x.dims[a]
		}
		in = append(in, x)
	}
	var dims []int
	for _, name := range right {
		d, ok := length[name]
		if !ok {
			failf("the equation %q makes an axis %c that no operand has", equation, name)
		}
		dims = append(dims, d)
	}
	n.out = []*value{fromPlain(b.emit("Einsum", slices.Clone(dims), in, attrString("equation", equation)))}
}, nil)
