package onnxnorm

import (
	"math"
	"slices"
)

// LinearAttention has a state S [keys, values] for each head. Every entry is written into it and read from it (Yang et
// al. 2024, Gated Delta Networks, equation 10). It is unrolled:
//
//	S <- exp(decay) S;  v <- beta (v - S' k);  S <- S + k v';  y = scale S' q
var _ = register("LinearAttention", func(b *builder, n *node) {
	qHeads, heads := n.intOr("q_num_heads", 0), n.intOr("kv_num_heads", 0)
	q, k, v := b.heads(b.plain(n.need(0)), qHeads), b.heads(b.plain(n.need(1)), heads), b.heads(b.plain(n.need(2)), heads)
	batch, length, keys, values := q.dims[0], q.dims[2], q.dims[3], v.dims[3]
	if qHeads%heads != 0 || k.dims[3] != keys {
		failf("its queries have the shape %v and its keys %v", q.dims, k.dims)
	}
	s := b.fillConstant([]int{batch, heads, keys, values}, 0)
	if past := n.input(3); past != nil {
		s = b.plain(past)
	}
	scale := n.floatOr("scale", 0)
	if scale == 0 {
		scale = float32(1 / math.Sqrt(float64(keys)))
	}
	decay, beta := b.splitHeads(n, 4, heads, batch, length), b.splitHeads(n, 5, heads, batch, length)
	var ys []ref
	for t := range length {
		at := func(x ref, shape ...int) ref { return b.reshape(b.sliceAxis(x, 2, t, t+1), shape...) }
		key := at(k, batch, heads, keys, 1)
		value := at(v, batch, heads, 1, values)
		if decay.ok() {
			s = b.mul(s, b.exp(at(decay, batch, decay.dims[1], decay.dims[3], 1)))
		}
		if beta.ok() {
			read := b.matmul(b.swapAxes(key, 2, 3), s)
			value = b.mul(at(beta, batch, beta.dims[1], 1, 1), b.sub(value, read))
		}
		s = b.add(s, b.mul(key, value))
		query := at(q, batch, qHeads, 1, keys)
		ys = append(ys, b.scaleBy(b.matmul(query, b.repeatHeads(s, query)), scale))
	}
	y := b.reshape(b.swapAxes(b.join(2, ys...), 1, 2), batch, length, qHeads*values)
	n.out = []*value{newFromPlain(y), newFromPlain(s)}
}, nil)

// splitHeads returns an input [b, t, heads*c] as [b, heads, t, c], or [b, t, 1] as [b, 1, t, 1].
func (b *builder) splitHeads(n *node, i, heads, batch, length int) ref {
	v := n.input(i)
	if v == nil {
		return ref{}
	}
	x := b.plain(v)
	if x.dims[len(x.dims)-1] < heads {
		heads = 1
	}
	if !slices.Equal(x.dims[:2], []int{batch, length}) {
		failf("its input %d has the shape %v", i, x.dims)
	}
	return b.heads(x, heads)
}
