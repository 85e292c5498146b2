package onnxnorm

import (
	"math"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Operators that work on each element alone keep the layout of their input.

var (
	_ = registerUnary("Cos", "Erf", "Exp", "Log", "Neg", "Reciprocal", "Sigmoid", "Sign", "Sin", "Tanh")
	_ = register("Abs", func(b *builder, n *node) { n.out = []*value{b.applyToEach(n.need(0), b.abs)} }, nil)
	_ = register("Sqrt", func(b *builder, n *node) { n.out = []*value{b.applyToEach(n.need(0), b.root)} }, func(n *node) *tensor {
		return foldFloats(n, func(v float32) float32 { return float32(math.Sqrt(float64(v))) })
	})
	_ = register("Identity", identity, func(n *node) *tensor { return n.in[0].konst })

	_ = registerBinary("Add", func(a, b int64) int64 { return a + b }, func(a, b float32) float32 { return a + b })
	_ = registerBinary("Sub", func(a, b int64) int64 { return a - b }, func(a, b float32) float32 { return a - b })
	_ = registerBinary("Mul", func(a, b int64) int64 { return a * b }, func(a, b float32) float32 { return a * b })
)

func registerUnary(ops ...string) bool {
	for _, op := range ops {
		register(op, unaryRule, nil)
	}
	return true
}

func registerBinary(op string, ints func(a, b int64) int64, floats func(a, b float32) float32) bool {
	return register(op, binaryRule, func(n *node) *tensor { return foldBinary(n, ints, floats) })
}

func unaryRule(b *builder, n *node) {
	n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref { return b.unary(n.OpType, x, n.Attribute...) })}
}

// applyToEach applies f to the value in the layout it has.
func (b *builder) applyToEach(v *value, f func(x ref) ref) *value {
	if isLast(v) {
		return b.newFromLast(b.applyOnMatrix(v.last, f))
	}
	return markTail(newFromPlain(b.applyOnMatrix(b.plain(v), f)), v)
}

// markTail marks an output of picture-like values as channels-last in the file, if one of its inputs is.
func markTail(out *value, from ...*value) *value {
	out.tail = isSpatial(out.dims) && slices.ContainsFunc(from, func(v *value) bool { return v.tail })
	return out
}

func identity(_ *builder, n *node) {
	v := *n.need(0)
	n.out = []*value{&v, {dims: v.dims, konst: intTensor(nil, []int64{1})}}[:max(1, len(n.Output))]
}

func binaryRule(b *builder, n *node) {
	acc := n.need(0)
	for i := range n.in[1:] {
		acc = b.pair(n.OpType, acc, n.need(i+1))
	}
	n.out = []*value{b.wrapNarrow(acc, n.need(0).dtype())}
}

// wrapNarrow wraps the numbers of an integer type of 16 bits or fewer around at its range.
func (b *builder) wrapNarrow(v *value, of protos.TensorProto_DataType) *value {
	r, narrow := integerRange[of]
	if !narrow {
		return v
	}
	return b.applyToEach(v, func(x ref) ref { return b.wrapRange(x, r) })
}

// pair applies an elementwise operator to two values.
func (b *builder) pair(op string, x, y *value) *value {
	return b.combine(x, y, func(x, y ref) ref { return b.binary(op, x, y) })
}

// combine returns f(x, y) for an f that works on each element alone. It works channels-last if one of them is and the
// other can be.
func (b *builder) combine(x, y *value, f func(x, y ref) ref) *value {
	dims, ok := broadcast(x.dims, y.dims)
	if !ok {
		failf("the shapes %v and %v do not broadcast", x.dims, y.dims)
	}
	if isSpatial(dims) && (isLast(x) || isLast(y)) && b.hasChannelsLast(x) && b.hasChannelsLast(y) {
		return b.newFromLast(f(b.operand(x), b.operand(y)))
	}
	return markTail(newFromPlain(f(b.plain(x), b.plain(y))), x, y)
}

// hasChannelsLast tells whether the operand has a channels-last form: it is picture-like
// itself, or a constant.
func (b *builder) hasChannelsLast(v *value) bool {
	return isSpatial(v.dims) || v.konst != nil && len(v.dims) <= 4
}

// operand returns the channels-last form of an operand that may be a constant of lower
// rank, such as the [c, 1, 1] of a layer scale.
func (b *builder) operand(v *value) ref {
	if v.konst == nil || isSpatial(v.dims) {
		return b.moveChannelsLast(v)
	}
	if size(v.dims) == 1 && !v.konst.isPending() {
		return b.scalar(v.konst.numbers()[0])
	}
	t := v.konst.reshape(padRank(v.dims, 4)).transpose(channelsLast(4))
	return b.numeric(t)
}

func foldFloats(n *node, f func(float32) float32) *tensor {
	t := n.in[0].konst
	if t.isInt || size(t.dims) > foldLimit {
		return nil
	}
	return floatTensor(t.dims, convert(t.floats(), f))
}

// foldLimit is the number of elements up to which constants are computed here and not in the program. Shapes and
// scalars are smaller, weights are larger.
const foldLimit = 1 << 14

// foldsHere tells whether a constant of the given shape is computed here. Whole numbers must be known at once, so for
// them the limit is what may be held.
func foldsHere(dims []int, whole bool) bool {
	return size(dims) <= foldLimit || whole && size(dims) <= mostFolded
}

func foldBinary(n *node, ints func(a, b int64) int64, floats func(a, b float32) float32) *tensor {
	if len(n.in) != 2 {
		return nil
	}
	x, y := n.in[0].konst, n.in[1].konst
	dims, ok := broadcast(x.dims, y.dims)
	if !ok || x.isInt != y.isInt || !foldsHere(dims, x.isInt) {
		return nil
	}
	if x.isInt {
		if ints == nil {
			return nil
		}
		return intTensor(dims, zip(broadcastValues(x.ints, x.dims, dims), broadcastValues(y.ints, y.dims, dims), ints))
	}
	if floats == nil {
		return nil
	}
	return floatTensor(dims, zip(broadcastValues(x.floats(), x.dims, dims), broadcastValues(y.floats(), y.dims, dims),
		floats))
}

// zip joins two lists of one length.
func zip[T any](x, y []T, f func(a, b T) T) []T {
	out := slices.Clone(x)
	for i, v := range y {
		out[i] = f(out[i], v)
	}
	return out
}
