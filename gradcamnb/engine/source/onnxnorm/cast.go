package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// Cast changes what kind of numbers a value holds. To integers it drops the fraction, which
// has the derivative zero; to floating-point numbers, of any size, it changes nothing, since
// all is computed in float32.
var (
	_ = register("Cast", func(b *builder, n *node) {
		n.out = []*value{b.castTo(n.need(0), protos.TensorProto_DataType(n.intOr("to", protoFloat)))}
	}, func(n *node) *tensor {
		return foldCast(n.in[0].konst, protos.TensorProto_DataType(n.intOr("to", protoFloat)))
	})
)

func (b *builder) castTo(v *value, to protos.TensorProto_DataType) *value {
	from, k := v.of(), kindOf(to)
	u := *v
	switch {
	case k == truth && from != truth:
		u = *b.each(v, func(x ref) ref { return b.numberOf(b.truthOf(x)) })
	case k == whole && from == real:
		u = *b.each(v, b.truncated)
	}
	return u.is(k)
}

func foldCast(t *tensor, to protos.TensorProto_DataType) *tensor {
	switch k := kindOf(to); {
	case k == real && t.isInt:
		return floatTensor(t.dims, convert(t.ints, func(v int64) float32 { return float32(v) }))
	case k == real:
		return t
	case k == truth:
		return truthTensor(t.dims, convert(t.numbers(), func(v float32) int64 {
			if v != 0 {
				return 1
			}
			return 0
		}))
	}
	return intTensor(t.dims, convert(t.asInts(), func(v int) int64 { return int64(v) }))
}
