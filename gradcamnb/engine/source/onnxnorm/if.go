package onnxnorm

import "slices"

// If is the branch that a constant condition selects. If the condition is computed from the picture, both branches are
// computed and one is chosen; they must have the same shapes.
var _ = register("If", func(b *builder, n *node) {
	yes, known := isTrue(n.need(0))
	if known {
		branch := "else_branch"
		if yes {
			branch = "then_branch"
		}
		n.out = b.run(n, n.graphOf(branch), nil)
		return
	}
	one, other := b.run(n, n.graphOf("then_branch"), nil), b.run(n, n.graphOf("else_branch"), nil)
	if size(n.in[0].dims) != 1 || len(one) != len(other) {
		failf("its condition has the shape %v, and its branches make %d and %d outputs", n.in[0].dims, len(one), len(other))
	}
	c := b.numberToTruth(b.reshape(b.plain(n.in[0])))
	for i, v := range one {
		if !slices.Equal(v.dims, other[i].dims) {
			failf("its condition is computed from the picture, and its branches make the shapes %v and %v", v.dims,
				other[i].dims)
		}
		n.out = append(n.out, newFromPlain(b.choose(c, b.plain(v), b.plain(other[i]))).setType(v.dtype()))
	}
}, nil)
