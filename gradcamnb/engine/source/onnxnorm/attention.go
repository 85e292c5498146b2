package onnxnorm

import (
	"math"
	"slices"
)

// Attention is softmax(scale Q K' + bias) V for each head (Vaswani et al. 2017, section 3.2; ONNX since opset 23). A
// row whose keys are all masked gives zeros.
var _ = register("Attention", func(b *builder, n *node) {
	a := newAttention(b, n)
	scale := n.floatOr("scale", float32(1/math.Sqrt(float64(a.q.dims[3]))))
	scores := b.scaleBy(b.matmul(a.q, b.swapAxes(b.repeatHeads(a.k, a.q), 2, 3)), scale)
	shown := scores
	if c := n.floatOr("softcap", 0); c > 0 {
		scores = b.scaleBy(b.unary("Tanh", b.scaleBy(scores, 1/c)), c)
	}
	p := b.softmaxMasked(scores, a)
	switch mode := n.intOr("qk_matmul_output_mode", 0); {
	case mode == 1 && n.floatOr("softcap", 0) != 0:
		shown = scores
	case mode == 1, mode == 2:
		shown = b.maskScores(scores, a, negInf)
	case mode == 3:
		shown = p
	}
	y := b.matmul(p, b.repeatHeads(a.v, a.q))
	if a.flat {
		y = b.reshape(b.swapAxes(y, 1, 2), y.dims[0], y.dims[2], y.dims[1]*y.dims[3])
	}
	n.out = []*value{newFromPlain(y), newFromPlain(a.k), newFromPlain(a.v), newFromPlain(shown)}
	for _, v := range n.out {
		v.typ = protoFloat
	}
}, nil)

// attention holds the operands: queries, keys and values [b, heads, n, c], the numbers added to the scores, and where
// scores count. The last two broadcast to [b, heads, queries, keys].
type attention struct {
	q, k, v       ref
	flat          bool // [b, n, heads*c] in the file
	bias, allowed ref
}

func newAttention(b *builder, n *node) *attention {
	a := &attention{q: b.plain(n.need(0)), k: b.plain(n.need(1)), v: b.plain(n.need(2))}
	if a.flat = len(a.q.dims) == 3; a.flat {
		a.q = b.heads(a.q, n.intOr("q_num_heads", 0))
		a.k, a.v = b.heads(a.k, n.intOr("kv_num_heads", 0)), b.heads(a.v, n.intOr("kv_num_heads", 0))
	}
	if len(a.q.dims) != 4 || len(a.k.dims) != 4 || len(a.v.dims) != 4 {
		failf("its queries, keys and values have the shapes %v, %v and %v", a.q.dims, a.k.dims, a.v.dims)
	}
	before := 0
	if past := n.input(4); past != nil {
		before = past.dims[2]
		a.k, a.v = b.join(2, b.plain(past), a.k), b.join(2, b.plain(n.need(5)), a.v)
	}
	queries, keys := a.q.dims[2], a.k.dims[2]
	if mask := n.input(3); mask != nil {
		b.readMask(a, mask, keys)
	}
	// Query i stands at position i + offset.
	offset := b.scalar(float32(before))
	var lengths ref
	if filled := n.input(6); filled != nil {
		lengths = b.reshape(b.plain(filled), size(filled.dims), 1, 1, 1)
		a.allow(b, b.compare("Less", b.countAlong(keys, 1), lengths))
		if n.input(4) == nil {
			offset = b.offset(lengths, -float32(queries))
		}
	}
	position := b.add(b.countAlong(queries, 2), offset)
	key := b.countAlong(keys, 1)
	if n.intOr("is_causal", 0) != 0 {
		a.allow(b, b.compare("LessOrEqual", key, position))
	}
	if w := n.intOr("left_window_size", -1); w >= 0 {
		a.allow(b, b.compare("GreaterOrEqual", key, b.offset(position, -float32(w))))
	}
	if w := n.intOr("right_window_size", -1); w >= 0 {
		a.allow(b, b.compare("LessOrEqual", key, b.offset(position, float32(w))))
	}
	return a
}

// readMask reads the mask. Truth values say which scores count. Numbers are added, and minus infinity says that a score
// does not count. Keys beyond the mask do not count.
func (b *builder) readMask(a *attention, mask *value, keys int) {
	m := b.plain(mask)
	pad := make([]int, len(m.dims))
	end := slices.Clone(pad)
	end[len(end)-1] = max(0, keys-m.dims[len(m.dims)-1])
	if mask.kind() == truth {
		a.allow(b, b.pad(m, pad, end, 0))
		return
	}
	m = b.pad(m, pad, end, negInf)
	counts := b.binary("Greater", m, b.scalar(negInf))
	a.allow(b, b.truthToNumber(counts))
	a.bias = b.choose(counts, m, b.scalar(0))
}

func (a *attention) allow(b *builder, where ref) {
	if a.allowed.ok() {
		where = b.mul(a.allowed, where)
	}
	a.allowed = where
}

// heads returns [b, n, heads*c] as [b, heads, n, c].
func (b *builder) heads(x ref, heads int) ref {
	if heads < 1 || x.dims[2]%heads != 0 {
		failf("its input has the shape %v, and it has %d heads", x.dims, heads)
	}
	return b.swapAxes(b.reshape(x, x.dims[0], x.dims[1], heads, x.dims[2]/heads), 1, 2)
}

// repeatHeads repeats the heads of the keys, so that each head of the queries has the one that its group shares.
func (b *builder) repeatHeads(x, like ref) ref {
	if x.dims[1] == like.dims[1] {
		return x
	}
	index := make([]int, afford(like.dims[1]))
	for i := range index {
		index[i] = i * x.dims[1] / like.dims[1]
	}
	return b.take(x, 1, index)
}

// maskScores returns the scores with their bias, and v for each score that does not count.
func (b *builder) maskScores(scores ref, a *attention, v float32) ref {
	if a.bias.ok() {
		scores = b.add(scores, a.bias)
	}
	if a.allowed.ok() {
		scores = b.choose(b.numberToTruth(a.allowed), scores, b.scalar(v))
	}
	return scores
}

// softmaxMasked returns the softmax of the scores that count.
func (b *builder) softmaxMasked(scores ref, a *attention) ref {
	last := []int{len(scores.dims) - 1}
	z := b.maskScores(scores, a, -math.MaxFloat32)
	if !a.allowed.ok() {
		return b.unary("Softmax", z, attrInt("axis", last[0]))
	}
	e := b.exp(b.sub(z, b.reduceRef("ReduceMax", z, last)))
	e = b.choose(b.numberToTruth(a.allowed), e, b.scalar(0))
	sum := b.reduceRef("ReduceSum", e, last)
	return b.div(e, b.choose(b.isZero(sum), b.scalar(1), sum))
}
