package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// These operators work on the bits of whole numbers. They are exact up to 2^24.
var (
	_ = registerBitwise("BitwiseAnd")
	_ = registerBitwise("BitwiseOr")
	_ = registerBitwise("BitwiseXor")

	_ = register("BitwiseNot", func(b *builder, n *node) {
		v := n.need(0)
		top := float32(-1) // of signed numbers, -1 - x
		switch v.dtype() {
		case protos.TensorProto_UINT8, protos.TensorProto_UINT16:
			top = float32(integerRange[v.dtype()].high)
		case protos.TensorProto_UINT32, protos.TensorProto_UINT64:
			failf("it inverts the bits of %s, which has more bits than float32 holds", typeName(v.dtype()))
		}
		n.out = []*value{b.applyToEach(v, func(x ref) ref { return b.sub(b.scalar(top), x) })}
	}, nil)

	// BitShift is x * 2^y or x / 2^y without its fraction.
	_ = register("BitShift", func(b *builder, n *node) {
		left := n.stringOr("direction", "") == "LEFT"
		x := n.need(0)
		n.out = []*value{b.combine(x, n.need(1), func(x, y ref) ref {
			factor := b.round(b.binary("Pow", b.scalar(2), y))
			if !left {
				return b.unary("Floor", b.div(x, factor))
			}
			return b.mul(x, factor)
		})}
		if left {
			n.out[0] = b.wrapNarrow(n.out[0], x.dtype())
		}
	}, nil)
)

func registerBitwise(op string) bool {
	return register(op, func(b *builder, n *node) {
		n.out = []*value{b.combine(n.need(0), n.need(1), func(x, y ref) ref {
			dims, ok := broadcast(x.dims, y.dims)
			if !ok {
				failf("the shapes %v and %v do not broadcast", x.dims, y.dims)
			}
			bits := b.emit(op, dims, []ref{b.indices(x), b.indices(y)})
			return b.indicesToNumbers(bits)
		})}
	}, nil)
}
