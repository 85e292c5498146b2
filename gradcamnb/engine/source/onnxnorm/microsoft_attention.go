package onnxnorm

import (
	"math"
	"slices"
)

// Attention as onnxruntime's own operators have it, domain com.microsoft, which its optimiser of transformers puts in
// the place of the products and the softmax.
var (
	// Attention makes queries, keys and values of one input by one product with weights and a bias.
	_ = register("com.microsoft.Attention", func(b *builder, n *node) {
		refuseInputs(n, 4, 6)
		if n.intOr("do_rotary", 0) != 0 {
			failf("its do_rotary, which turns queries and keys by their positions, is not supported")
		}
		all := b.plain(b.applyStandard(n, "MatMul", []*value{n.need(0), n.need(1)}))
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
			parts[i] = b.heads(b.sliceAxis(all, 2, from, from+size), heads)
			from += size
		}
		a := &attention{q: parts[0], k: parts[1], v: parts[2]}
		b.attend(n, a, b.keyMask(n, a, 3, true), 5)
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
				x = b.add(x, b.reshape(b.sliceAxis(bias, 0, from, from+width), heads, 1, x.dims[3]))
			}
			from += width
			return x
		}
		packed := func(x ref, i int) ref { return b.swapAxes(b.takeEntry(x, 3, i), 1, 2) } // of [b, n, heads, count, c]
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
		b.attend(n, a, b.keyMask(n, a, 4, false), 5)
	}, nil)
)

// refuseInputs refuses the node if one of the inputs is given. They hold what a decoder keeps of earlier tokens.
func refuseInputs(n *node, at ...int) {
	for _, i := range at {
		if n.input(i) != nil {
			failf("its input %d, which holds earlier tokens, is not supported", i)
		}
	}
}

// attend sets the node's output to softmax(scale Q K' + bias) V, [batch, tokens, channels]. shown tells which keys
// count, and input bias is added to the scores; either may be missing.
func (b *builder) attend(n *node, a *attention, shown ref, bias int) {
	if len(n.Output) > 1 && n.Output[1] != "" {
		failf("its further outputs, which hold tokens for later, are not supported")
	}
	if v := n.input(bias); v != nil {
		a.bias = b.plain(v)
	}
	queries, keys := a.q.dims[2], a.k.dims[2]
	if shown.ok() {
		hidden := b.scaleBy(b.sub(b.scalar(1), shown), n.floatOr("mask_filter_value", -10000))
		if a.bias.ok() {
			hidden = b.add(a.bias, hidden)
		}
		a.bias = hidden
	}
	if n.intOr("unidirectional", 0) != 0 {
		a.allow(b, b.compare("LessOrEqual", b.countAlong(keys, 1), b.countAlong(queries, 2)))
	}
	scale := n.floatOr("scale", 0)
	if scale == 0 {
		scale = float32(1 / math.Sqrt(float64(a.q.dims[3])))
	}
	scores := b.scaleBy(b.matmul(a.q, b.swapAxes(a.k, 2, 3)), scale)
	y := b.matmul(b.softmaxMasked(scores, a), a.v)
	n.out = []*value{newFromPlain(b.reshape(b.swapAxes(y, 1, 2), y.dims[0], y.dims[2], y.dims[1]*y.dims[3]))}
}

// keyMask returns 1 for each key that counts and 0 for the others, [batch, 1, 1 or queries, keys]. The input may be a
// mask [batch, keys] or [batch, queries, keys], or the number of keys that count, [batch]. If starts is true, it may
// also hold the ends of the keys that count and then their beginnings, [2 batch]. If the input is missing, so is the
// result.
func (b *builder) keyMask(n *node, a *attention, at int, starts bool) ref {
	v := n.input(at)
	if v == nil {
		return ref{}
	}
	m, batch, keys := b.plain(v), a.q.dims[0], a.k.dims[2]
	own, key := b.inputBatch(n, at, batch), b.countAlong(keys, 1)
	fits := func(pictures int) bool { return pictures == 1 || pictures == own && own == batch }
	switch d := m.dims; {
	case starts && len(d) == 1 && d[0] == 2*own && fits(own):
		begin := b.reshape(b.sliceAxis(m, 0, own, 2*own), own, 1, 1, 1)
		shown := b.compare("Less", key, b.reshape(b.sliceAxis(m, 0, 0, own), own, 1, 1, 1))
		return b.mul(shown, b.compare("GreaterOrEqual", key, begin))
	case len(d) == 0 || !fits(d[0]):
	case len(d) == 1:
		return b.compare("Less", key, b.reshape(m, d[0], 1, 1, 1))
	case len(d) == 2 && d[1] == keys:
		return b.reshape(m, d[0], 1, 1, keys)
	case len(d) == 3 && d[2] == keys:
		return b.reshape(m, d[0], 1, d[1], keys)
	}
	failf("its mask has the shape %v, and with a batch of %d and %d keys only [%d], [%d %d] and [%d %d %d] are supported",
		v.dims, own, keys, own, own, keys, own, a.q.dims[2], keys)
	return ref{}
}

// inputBatch returns the batch of a node's input: the given batch of the other inputs or, if the input is a constant
// for the file's own batch, that batch.
func (b *builder) inputBatch(n *node, at, batch int) int {
	here, own := n.input(at), b.own[n.Input[0]]
	if was, ok := b.own[n.Input[at]]; here.konst != nil && len(own) > 0 && (!ok || slices.Equal(was, here.dims)) {
		return own[0]
	}
	return batch
}
