package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// These functions tell other packages about graphs that are not rewritten.

// Ints returns the values of a tensor of whole numbers that the graph itself holds; nil for any other tensor.
func Ints(p *protos.TensorProto) []int {
	t, err := decode(p, rawData(p))
	if err != nil || !t.isInt {
		return nil
	}
	return t.toInts()
}

// Floats returns the values of a tensor of floats that the graph itself holds; nil for any other tensor.
func Floats(p *protos.TensorProto) []float32 {
	t, err := decode(p, rawData(p))
	if err != nil || t.isInt {
		return nil
	}
	return t.floats()
}

// elementwise are the operators whose output numbers depend only on the numbers at the same place of the inputs, after
// broadcasting.
var elementwise = set("Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "BitShift", "Cast",
	"CastLike", "Ceil", "Celu", "Clip", "Cos", "Cosh", "DequantizeLinear", "Div", "Dropout", "Elu", "Equal", "Erf",
	"Exp", "Floor", "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "IsInf", "IsNaN",
	"LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Mean", "Min", "Mish", "Mod", "Mul", "Neg", "Not", "Or", "Pow",
	"PRelu", "QLinearAdd", "QLinearLeakyRelu", "QLinearMul", "QLinearSigmoid", "QuantizeLinear", "QuickGelu",
	"Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt",
	"Sub", "Sum", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Where", "Xor", "BiasGelu", "FastGelu",
	"Affine", "ImageScaler", "ParametricSoftplus", "Scale", "ScaledTanh")

// Elementwise tells whether every number of an operator's output depends only on the numbers at the same place of its
// inputs, after broadcasting.
func Elementwise(op string) bool { return elementwise[op] }

// CountFromStart returns a place on an axis as counted from the axis's start. A negative place counts from its end.
func CountFromStart(place, length int) int {
	if place < 0 {
		return place + length
	}
	return place
}
