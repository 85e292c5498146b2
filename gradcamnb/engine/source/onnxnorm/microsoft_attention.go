package onnxnorm

import "math"

// Attention as onnxruntime's own operators have it, domain com.microsoft, which its optimiser of transformers puts in
// the place of the products and the softmax.
var (
	// Attention makes queries, keys and values of one input by one product with weights and a bias.
	_ = register("com.microsoft.Attention", func(b *builder, n *node) {
		refuseInputs(n, 4, 6)
		all := b.plain(b.standard(n, "MatMul", []*value{n.need(0), n.need(1)}))
		if len(all.dims) != 3 {
			failf("its input has the shape %v, and [batch, tokens, channels] is wanted", n.in[0].dims)
		}
		if bias := n.input(2); bias != nil {
			all = b.add(all, b.plain(bias))
		}
		sizes := n.intsOr("qkv_hidden_sizes", nil)
		if third := all.dims[2] / 3; sizes == nil {
			sizes = []int{third, third, third}
		}
		if len(sizes) != 3 || sizes[0]+sizes[1]+sizes[2] != all.dims[2] {
			failf("its weights make %d channels, and its queries, keys and values have %v", all.dims[2], sizes)
		}
		heads, from := n.intOr("num_heads", 0), 0
		var parts [3]ref
		for i, size := range sizes {
			parts[i] = b.heads(b.part(all, 2, from, from+size), heads)
			from += size
		}
		b.attend(n, &attention{q: parts[0], k: parts[1], v: parts[2]}, 3, 5)
	}, nil)

	// MultiHeadAttention is given them, each alone or packed side by side, before a common bias.
	_ = register("com.microsoft.MultiHeadAttention", func(b *builder, n *node) {
		refuseInputs(n, 6, 7)
		heads := n.intOr("num_heads", 0)
		a := &attention{}
		var bias ref
		if v := n.input(3); v != nil {
			bias = b.plain(v)
		}
		from := 0
		side := func(x ref) ref { // [b, heads, n, c], with its part of the bias
			if len(x.dims) == 3 {
				x = b.heads(x, heads)
			}
			if len(x.dims) != 4 || x.dims[1] != heads {
				failf("one of its inputs has the shape %v, and it has %d heads", x.dims, heads)
			}
			width := x.dims[1] * x.dims[3]
			if bias.ok() {
				x = b.add(x, b.reshape(b.part(bias, 0, from, from+width), heads, 1, x.dims[3]))
			}
			from += width
			return x
		}
		packed := func(x ref, i int) ref { return b.swapped(b.takeEntry(x, 3, i), 1, 2) } // of [b, n, heads, count, c]
		q := b.plain(n.need(0))
		switch {
		case len(q.dims) == 5:
			a.q, a.k, a.v = side(packed(q, 0)), side(packed(q, 1)), side(packed(q, 2))
		case len(n.need(1).dims) == 5:
			k := b.plain(n.in[1])
			a.q, a.k, a.v = side(q), side(packed(k, 0)), side(packed(k, 1))
		default:
			a.q, a.k, a.v = side(q), side(b.plain(n.in[1])), side(b.plain(n.need(2)))
		}
		b.attend(n, a, 4, 5)
	}, nil)
)

// refuseInputs is an error if one of the inputs is given: what a decoder keeps of earlier tokens.
func refuseInputs(n *node, at ...int) {
	for _, i := range at {
		if n.input(i) != nil {
			failf("its input %d, which holds earlier tokens, is not supported", i)
		}
	}
}

// attend sets the node's output to softmax(scale Q K' + bias) V, [batch, tokens, channels]. Inputs mask and bias are
// the mask of the keys, by lengths or 0 and 1, and what is added to the scores; either may be missing.
func (b *builder) attend(n *node, a *attention, mask, bias int) {
	if len(n.Output) > 1 && n.Output[1] != "" {
		failf("its further outputs, which hold tokens for later, are not supported")
	}
	if v := n.input(bias); v != nil {
		a.bias = b.plain(v)
	}
	queries, keys := a.q.dims[2], a.k.dims[2]
	if v := n.input(mask); v != nil {
		hidden := b.scaled(b.sub(b.scalar(1), b.keysShown(v, keys)), n.floatOr("mask_filter_value", -10000))
		if a.bias.ok() {
			hidden = b.add(a.bias, hidden)
		}
		a.bias = hidden
	}
	if n.intOr("unidirectional", 0) != 0 {
		a.allow(b, b.compared("LessOrEqual", b.counting(keys, 1), b.counting(queries, 2)))
	}
	scale := n.floatOr("scale", 0)
	if scale == 0 {
		scale = float32(1 / math.Sqrt(float64(a.q.dims[3])))
	}
	scores := b.scaled(b.matmul(a.q, b.swapped(a.k, 2, 3)), scale)
	y := b.matmul(b.masked(scores, a), a.v)
	n.out = []*value{newFromPlain(b.reshape(b.swapped(y, 1, 2), y.dims[0], y.dims[2], y.dims[1]*y.dims[3]))}
}

// keysShown is 1 for each key that counts and 0 for the others, [batch, 1, 1 or queries, keys]: of a mask [batch,
// keys] or [batch, queries, keys], or of the number of keys that count, [batch].
func (b *builder) keysShown(v *value, keys int) ref {
	m := b.plain(v)
	switch d := m.dims; {
	case len(d) == 1:
		return b.compared("Less", b.counting(keys, 1), b.reshape(m, d[0], 1, 1, 1))
	case len(d) == 2 && d[1] == keys:
		return b.reshape(m, d[0], 1, 1, keys)
	case len(d) == 3 && d[2] == keys:
		return b.reshape(m, d[0], 1, d[1], keys)
	}
	failf("its mask has the shape %v, and there are %d keys", m.dims, keys)
	return ref{}
}
