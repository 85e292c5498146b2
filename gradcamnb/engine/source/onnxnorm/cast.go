package onnxnorm

import (
	"fmt"
	"math"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Cast changes the kind of numbers that a value holds. A cast to integers drops the fraction, which has the derivative
// zero, and wraps around at 16 bits and fewer. A cast to float16, bfloat16 and larger types changes nothing, since
// everything is computed in float32. A cast to smaller types rounds, with the derivative one.
var (
	_ = register("Cast", func(b *builder, n *node) {
		n.out = []*value{b.castTo(n.need(0), typeNumbered(int64(n.intOr("to", protoFloat))), n.intOr("saturate", 1) != 0)}
	}, func(n *node) *tensor { return foldCast(n.in[0].konst, typeNumbered(int64(n.intOr("to", protoFloat)))) })

	// CastLike is Cast to the type of its second input.
	_ = register("CastLike", func(b *builder, n *node) {
		n.out = []*value{b.castTo(n.need(0), n.need(1).dtype(), n.intOr("saturate", 1) != 0)}
	}, func(n *node) *tensor { return foldCast(n.in[0].konst, n.in[1].dtype()) })
)

func (b *builder) castTo(v *value, to protos.TensorProto_DataType, saturate bool) *value {
	from, k := v.kind(), lookupKind(to)
	u := *v
	switch {
	case k == truth && from != truth:
		u = *b.applyToEach(v, func(x ref) ref { return b.truthToNumber(b.numberToTruth(x)) })
	case k == whole:
		r, narrow := integerRange[to]
		u = *b.applyToEach(v, func(x ref) ref {
			if from == decimal {
				x = b.truncate(b.exactRatio(x))
			}
			if narrow && from != truth && v.dtype() != to {
				x = b.wrapRange(x, r)
			}
			return x
		})
	case k == decimal && to != v.dtype():
		if f, small := smallFloats[to]; small {
			u = *b.applyToEach(v, func(x ref) ref { return b.roundToSmallFloat(x, f, saturate) })
		}
	}
	u.konst = nil
	if u.plain.name == "" && u.last.name == "" {
		u.plain = b.plain(v)
	}
	return u.setType(to)
}

// bounds are the smallest and the largest number of an integer type.
type bounds struct{ low, high int }

var integerRange = map[protos.TensorProto_DataType]bounds{
	protos.TensorProto_INT2: {-2, 1}, protos.TensorProto_UINT2: {0, 3},
	protos.TensorProto_INT4: {-8, 7}, protos.TensorProto_UINT4: {0, 15},
	protos.TensorProto_INT8: {-128, 127}, protos.TensorProto_UINT8: {0, 255},
	protos.TensorProto_INT16: {-32768, 32767}, protos.TensorProto_UINT16: {0, 65535},
}

// wrapRange subtracts whole multiples of the range: x - range*floor((x - low)/range).
func (b *builder) wrapRange(x ref, r bounds) ref {
	period := float32(r.high - r.low + 1)
	return b.sub(x, b.scaleBy(b.unary("Floor", b.scaleBy(b.offset(x, -float32(r.low)), 1/period)), period))
}

// smallFloat is a floating-point type: its bits of mantissa, its smallest normal exponent, its largest number, and what
// lies beyond, which is infinity or, if the type has none, NaN.
type smallFloat struct {
	mantissa, least int
	most            float32
	beyond          float32
}

var nan = float32(math.NaN())

var smallFloats = map[protos.TensorProto_DataType]smallFloat{
	protos.TensorProto_FLOAT8E4M3FN:   {3, -6, 448, nan},
	protos.TensorProto_FLOAT8E4M3FNUZ: {3, -7, 240, nan},
	protos.TensorProto_FLOAT8E5M2:     {2, -14, 57344, float32(math.Inf(1))},
	protos.TensorProto_FLOAT8E5M2FNUZ: {2, -15, 57344, nan},
	protos.TensorProto_FLOAT4E2M1:     {1, 0, 6, 6},
}

// roundToSmallFloat rounds to the type's mantissa, half to even. With c = 2^(23-mantissa) + 1 the result is c*x - (c*x
// - x) (Dekker 1971, section 4). Below the smallest normal number it is the nearest multiple of the smallest step.
func (b *builder) roundToSmallFloat(x ref, f smallFloat, saturate bool) ref {
	// This is a weight, since a compiler would compute with a constant.
	c := b.weight(fmt.Sprint("@split", f.mantissa), []int{1},
		func() []float32 { return []float32{float32(math.Ldexp(1, 23-f.mantissa) + 1)} })
	step := math.Ldexp(1, f.least-f.mantissa)
	big := b.mul(x, c)
	normal := b.sub(big, b.sub(big, x))
	tiny := b.scaleBy(b.steps(b.scaleBy(x, float32(1/step))), float32(step))
	small := b.binary("Less", b.unary("Abs", x), b.scalar(float32(math.Ldexp(1, f.least))))
	y := b.choose(small, tiny, normal)
	over := b.binary("Greater", b.unary("Abs", y), b.scalar(f.most))
	infinite := b.binary("Equal", b.unary("Abs", x), b.scalar(float32(math.Inf(1))))
	limit := f.most
	if !saturate {
		limit = f.beyond
	}
	edge := b.choose(b.binary("Less", x, b.scalar(0)), b.scalar(-limit), b.scalar(limit))
	y = b.choose(infinite, edge, b.choose(over, edge, y))
	if f.beyond == f.most { // a type without infinity and NaN
		return b.choose(b.unary("IsNaN", x), b.scalar(0), y)
	}
	return y
}

func foldCast(t *tensor, to protos.TensorProto_DataType) *tensor {
	if _, small := smallFloats[to]; small {
		return nil
	}
	var u *tensor
	switch k := lookupKind(to); {
	case k == decimal && t.isInt:
		u = floatTensor(t.dims, convert(t.ints, func(v int64) float32 { return float32(v) }))
	case k == decimal:
		v := *t
		u = &v
	case k == truth:
		u = intTensor(t.dims, convert(t.numbers(), func(v float32) int64 {
			if v != 0 {
				return 1
			}
			return 0
		}))
	default:
		r, narrow := integerRange[to]
		u = intTensor(t.dims, convert(t.toInts(), func(v int) int64 {
			if narrow && lookupKind(t.kind) != truth {
				period := r.high - r.low + 1
				v = ((v-r.low)%period+period)%period + r.low
			}
			return int64(v)
		}))
	}
	u.kind = to
	return u
}
