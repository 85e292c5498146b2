package onnxnorm

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// kind tells what the values of a tensor are. In the rewritten graph all of them are float32: a whole number has no
// fraction and is exact up to 2^24, and a truth value is 0 or 1. So every operator takes every type, gradients pass
// through a cast, and a picture in uint8 has a gradient.
type kind int

const (
	decimal kind = iota
	whole
	truth
)

// lookupKind returns the kind of a type of ONNX.
func lookupKind(t protos.TensorProto_DataType) kind {
	switch t {
	case protos.TensorProto_BOOL:
		return truth
	case protos.TensorProto_INT64, protos.TensorProto_INT32, protos.TensorProto_INT16, protos.TensorProto_INT8,
		protos.TensorProto_INT4, protos.TensorProto_INT2,
		protos.TensorProto_UINT64, protos.TensorProto_UINT32, protos.TensorProto_UINT16, protos.TensorProto_UINT8,
		protos.TensorProto_UINT4, protos.TensorProto_UINT2:
		return whole
	}
	return decimal
}

// setKind gives a value the commonest type of a kind.
func (v *value) setKind(k kind) *value {
	v.typ = map[kind]protos.TensorProto_DataType{decimal: protoFloat, whole: protoInt, truth: protoBool}[k]
	return v
}

// setType gives a value a type.
func (v *value) setType(t protos.TensorProto_DataType) *value {
	v.typ = t
	return v
}

// dtype returns the type that the value has in the file.
func (v *value) dtype() protos.TensorProto_DataType {
	switch {
	case v.konst == nil && v.typ == 0:
		return protoFloat
	case v.konst == nil:
		return v.typ
	case v.konst.kind != 0:
		return v.konst.kind
	case v.konst.isInt:
		return protoInt
	}
	return protoFloat
}

// kind returns the kind of the value's numbers.
func (v *value) kind() kind { return lookupKind(v.dtype()) }

// inherit gives each result for which the rule has set no type the type of the node's first input.
func inherit(n *node) {
	i := slices.IndexFunc(n.in, func(v *value) bool { return v != nil })
	for _, v := range n.out {
		if v.typ == 0 && i >= 0 {
			v.typ = n.in[i].dtype()
		}
	}
}

// numeric returns a constant as float32, whatever its type.
func (b *builder) numeric(t *tensor) ref {
	if t.isInt {
		t = &tensor{dims: t.dims, floats: t.numbers, origin: t.origin}
	}
	return b.konst(t)
}

// numberToTruth returns the truth value of each number of x, for the condition of a Where.
func (b *builder) numberToTruth(x ref) ref {
	if c, ok := b.truths[x.name]; ok {
		return c
	}
	return b.emit("Cast", x.dims, []ref{x}, attrInt("to", protoBool))
}

// truthToNumber returns 1 where the condition c holds, and 0 elsewhere.
func (b *builder) truthToNumber(c ref) ref {
	x := b.emit("Where", c.dims, []ref{c, b.scalar(1), b.scalar(0)})
	b.truths[x.name] = c
	return x
}

// indices returns x as integers, for looking up.
func (b *builder) indices(x ref) ref {
	return b.emit("Cast", x.dims, []ref{x}, attrInt("to", protoInt))
}

// indicesToNumbers returns integers as numbers.
func (b *builder) indicesToNumbers(i ref) ref {
	return b.emit("Cast", i.dims, []ref{i}, attrInt("to", protoFloat))
}

// compare compares numbers.
func (b *builder) compare(op string, x, y ref) ref { return b.truthToNumber(b.binary(op, x, y)) }

// choose returns yes where c holds and no elsewhere, broadcast to each other.
func (b *builder) choose(c, yes, no ref) ref {
	dims, ok := broadcast(yes.dims, no.dims)
	if ok {
		dims, ok = broadcast(dims, c.dims)
	}
	if !ok {
		failf("the shapes %v, %v and %v do not broadcast", c.dims, yes.dims, no.dims)
	}
	return b.emit("Where", dims, []ref{c, yes, no})
}

// truncate returns x without its fraction.
func (b *builder) truncate(x ref) ref {
	return b.binary("Mul", b.unary("Sign", x), b.unary("Floor", b.unary("Abs", x)))
}

func typeNumbered(i int64) protos.TensorProto_DataType { return protos.TensorProto_DataType(int32(i)) }
