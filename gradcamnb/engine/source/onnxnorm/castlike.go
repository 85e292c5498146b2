package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// CastLike is Cast to the type of its second input.
var _ = register("CastLike", func(b *builder, n *node) {
	n.out = []*value{b.castTo(n.need(0), typeOf(n.need(1)))}
}, func(n *node) *tensor { return foldCast(n.in[0].konst, typeOf(n.in[1])) })

// typeOf is a type of the value's kind, the file's own where it is known.
func typeOf(v *value) protos.TensorProto_DataType {
	if v.konst != nil && v.konst.kind != 0 {
		return v.konst.kind
	}
	switch v.of() {
	case truth:
		return protoBool
	case whole:
		return protoInt
	}
	return protoFloat
}
