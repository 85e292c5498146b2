package onnxnorm

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// This is quantisation with scales that are computed, with scales that differ from place to place, and to small
// floating-point types. Here the integers are values of their own, q = round(x/s) + z.

// hasSeveralScales tells whether the scales are something other than one constant for all.
func hasSeveralScales(n *node, scale, zero int) bool {
	s, z := n.need(scale), n.input(zero)
	if s.konst == nil || size(s.dims) != 1 || z != nil && z.konst == nil {
		return true
	}
	_, eight := stepTypes[quantisedType(n, zero)]
	return !eight
}

// stepTypes are the types whose ends [scaling] knows.
var stepTypes = map[protos.TensorProto_DataType]bool{
	protos.TensorProto_UINT8: true, protos.TensorProto_INT8: true, protos.TensorProto_UINT16: true,
	protos.TensorProto_INT16: true,
}

// quantisedType returns the type of the result: the zero point's, or an attribute's.
func quantisedType(n *node, zero int) protos.TensorProto_DataType {
	if z := n.input(zero); z != nil {
		return z.dtype()
	}
	if t := n.intOr("output_dtype", 0); t != 0 {
		return typeNumbered(int64(t))
	}
	return protos.TensorProto_UINT8
}

// quantiseAny builds QuantizeLinear with integers that are values of their own.
func (b *builder) quantiseAny(n *node) {
	x := b.plain(n.need(0))
	to := quantisedType(n, 2)
	y := b.div(x, b.placeScale(n, n.need(1), x.dims))
	if f, small := smallFloats[to]; small {
		n.out = []*value{newFromPlain(b.roundToSmallFloat(y, f, n.intOr("saturate", 1) != 0)).setType(to)}
		return
	}
	r, ok := integerRange[to]
	if !ok {
		failf("it quantises to %s", typeName(to))
	}
	y = b.steps(y)
	if z := n.input(2); z != nil {
		y = b.add(y, b.placeScale(n, z, x.dims))
	}
	y = b.clipHigh(b.clipLow(y, float32(r.low)), float32(r.high))
	n.out = []*value{newFromPlain(y).setType(to)}
}

// steps rounds, halves to even, with the derivative one: (x + m) - m with m = 1.5 * 2^23, at which float32 has no
// fractions. m is a weight, so that no compiler computes m - m.
func (b *builder) steps(x ref) ref {
	m := b.weight("@round", []int{1}, func() []float32 { return []float32{12582912} })
	return b.sub(b.add(x, m), m)
}

// dequantiseAny returns s * (q - z).
func (b *builder) dequantiseAny(n *node) {
	v := n.need(0)
	x := b.plain(v)
	if z := n.input(2); z != nil {
		x = b.sub(x, b.placeScale(n, z, x.dims))
	}
	n.out = []*value{newFromPlain(b.mul(x, b.placeScale(n, n.need(1), x.dims))).setKind(decimal)}
}

// placeScale returns a scale or zero point as a tensor that broadcasts to dims. It may be one for all, one for each
// entry of an axis, or one for each block of block_size entries of it.
func (b *builder) placeScale(n *node, v *value, dims []int) ref {
	s := b.plain(v)
	if size(s.dims) == 1 {
		return b.reshape(s)
	}
	at := axis(n.intOr("axis", 1), len(dims))
	if block := n.intOr("block_size", 0); block > 0 && len(s.dims) == len(dims) {
		index := make([]int, afford(dims[at]))
		for i := range index {
			index[i] = i / block
		}
		return b.take(s, at, index)
	}
	shape := slices.Repeat([]int{1}, len(dims))
	shape[at] = size(s.dims)
	if shape[at] != dims[at] {
		failf("it has %d scales for %d entries of axis %d", shape[at], dims[at], at)
	}
	return b.reshape(s, shape...)
}

// integers returns a value that is held as numbers as the integers of the file.
func (b *builder) integers(v *value) *value {
	if v.quant == nil {
		return v
	}
	q := v.quant
	u := b.applyToEach(v, func(x ref) ref { return b.round(b.offset(b.div(x, b.scalar(q.scale)), float32(q.zero))) })
	u.quant = nil
	if q.low < 0 {
		return u.setType(protos.TensorProto_INT8)
	}
	return u.setType(protos.TensorProto_UINT8)
}

var (
	// DynamicQuantizeLinear quantises to uint8, with the scale and the zero point that the values require. The 255 is a
	// weight, so that no compiler multiplies by its reciprocal, which moves roundings to the other side.
	_ = register("DynamicQuantizeLinear", func(b *builder, n *node) {
		x := b.plain(n.need(0))
		all := countUp(len(x.dims))
		low := b.clipHigh(b.reshape(b.reduceRef("ReduceMin", x, all)), 0)
		high := b.clipLow(b.reshape(b.reduceRef("ReduceMax", x, all)), 0)
		scale := b.div(b.sub(high, low), b.reshape(b.weight("@255", []int{1}, func() []float32 { return []float32{255} })))
		scale = b.clipLow(scale, 1e-30) // of values that are all 0
		zero := b.clipHigh(b.clipLow(b.round(b.div(b.neg(low), scale)), 0), 255)
		y := b.clipHigh(b.clipLow(b.add(b.steps(b.div(x, scale)), zero), 0), 255)
		n.out = []*value{
			newFromPlain(y).setType(protos.TensorProto_UINT8), newFromPlain(scale).setKind(decimal),
			newFromPlain(zero).setType(protos.TensorProto_UINT8),
		}
	}, nil)

	_ = register("MatMulInteger", func(b *builder, n *node) {
		x, y := b.subtractZero(n, 0, 2, -2), b.subtractZero(n, 1, 3, -1)
		n.out = []*value{b.apply(n, "MatMul", []*value{x, y}).setType(protos.TensorProto_INT32)}
	}, nil)
	_ = register("ConvInteger", func(b *builder, n *node) {
		defer func(was bool) { b.winograds = was }(b.winograds)
		b.winograds = false // the sums of whole numbers are exact, and Winograd's form would round them
		x, w := b.subtractZero(n, 0, 2, 1), b.subtractZero(n, 1, 3, 0)
		n.out = []*value{b.apply(n, "Conv", []*value{x, w}).setType(protos.TensorProto_INT32)}
	}, nil)
)

// subtractZero returns input i minus its zero point, which is one for all or one for each entry of an axis.
func (b *builder) subtractZero(n *node, i, zero, at int) *value {
	v := b.integers(n.need(i))
	z := n.input(zero)
	if z == nil {
		return v
	}
	if v.konst != nil && z.konst != nil && size(z.dims) == 1 { // it stays a constant
		t, by := v.konst, z.konst.numbers()[0]
		u := &tensor{dims: t.dims, floats: func() []float32 {
			return convert(t.numbers(), func(v float32) float32 { return v - by })
		}}
		if t.origin != "" {
			u.origin = t.origin + "@less" + n.Output[0]
		}
		return &value{name: v.name, dims: t.dims, konst: u}
	}
	x, by := b.plain(v), b.plain(z)
	if size(by.dims) > 1 && len(by.dims) == 1 {
		shape := slices.Repeat([]int{1}, len(x.dims))
		shape[axis(at, len(x.dims))] = size(by.dims)
		by = b.reshape(by, shape...)
	}
	return newFromPlain(b.sub(x, by)).setKind(decimal)
}
