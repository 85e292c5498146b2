package onnxnorm

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Quantised networks are computed in float32. The integers q of the file are held as the numbers s*(q - z) that they
// stand for, and a value remembers its scale s and its zero point z. So
//
//	QuantizeLinear    x -> s * round(clip(x/s, low - z, high - z))
//	DequantizeLinear  x -> x
//
// with low and high the ends of the integer type. The gradient goes straight through the rounding, and is zero if the
// integers saturate (Bengio et al. 2013, Estimating or Propagating Gradients Through Stochastic Neurons, section 4;
// Jacob et al. 2018, section 3). So a Relu that a quantiser has folded into a zero point at the lower end keeps its
// gradient.
//
// onnxruntime adds integers exactly and rounds products of scales. float32 sometimes falls on the other side of a
// rounding, which is a difference of one step of the scale.
var (
	_ = register("QuantizeLinear", quantizeLinear, foldQuantizeLinear)
	_ = register("DequantizeLinear", dequantizeLinear, foldDequantizeLinear)
	_ = register("com.microsoft.QuantizeLinear", quantizeLinear, foldQuantizeLinear) // 16 bits, before opset 21
	_ = register("com.microsoft.DequantizeLinear", dequantizeLinear, foldDequantizeLinear)
)

func quantizeLinear(b *builder, n *node) {
	if hasSeveralScales(n, 1, 2) {
		b.quantiseAny(n)
		return
	}
	n.out = []*value{b.quantise(n.need(0), readScaling(n, 1, 2))}
}

// foldQuantizeLinear returns the integers clip(round(x/s) + z, low, high) of a few constants, such as the value
// of a padding or a size, which must stay constants. Weights are left to the graph, which holds them in float32.
func foldQuantizeLinear(n *node) *tensor {
	if size(n.need(0).dims) > fewValues || hasSeveralScales(n, 1, 2) {
		return nil
	}
	q := readScaling(n, 1, 2)
	t := intTensor(n.in[0].dims, convert(n.in[0].konst.numbers(), func(x float32) int64 {
		return int64(min(max(math.RoundToEven(float64(x/q.scale))+float64(q.zero), float64(q.low)), float64(q.high)))
	}))
	t.kind = quantisedType(n, 2)
	return t
}

func dequantizeLinear(b *builder, n *node) {
	v := *n.need(0)
	if v.quant == nil {
		b.dequantiseAny(n)
		return
	}
	if hasSeveralScales(n, 1, 2) || *v.quant != readScaling(n, 1, 2) {
		n.in[0] = b.integers(&v)
		b.dequantiseAny(n)
		return
	}
	v.quant = nil
	n.out = []*value{v.setKind(decimal)}
}

func foldDequantizeLinear(n *node) *tensor {
	if n.intOr("block_size", 0) != 0 {
		return nil
	}
	return dequantise(n, n.in[0], 1, 2, n.intOr("axis", 1))
}

// scaling tells how integers stand for numbers: scale * (q - zero), with q from low to high.
type scaling struct {
	scale float32
	zero  int
	bounds
}

// sameNumbers are the operators that move integers and do not calculate with them.
var sameNumbers = []string{"MaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Slice",
	"Split", "Gather"}

// carryQuant passes the scale on through operators that only move numbers.
func carryQuant(n *node) {
	if len(n.in) == 0 || n.in[0] == nil || n.in[0].quant == nil || !slices.Contains(sameNumbers, n.OpType) {
		return
	}
	for _, v := range n.out {
		if v.konst == nil {
			v.quant = n.in[0].quant
		}
	}
}

// toIntegers turns a quantised network's numbers back into integers, for an operator that calculates with the integers.
func (b *builder) toIntegers(n *node) {
	if quantAware(n.OpType) || slices.Contains(sameNumbers, n.OpType) {
		return
	}
	for i, v := range n.in {
		if v != nil && v.quant != nil {
			n.in[i] = b.integers(v)
		}
	}
}

// quantAware tells whether an operator takes integers and their scales.
func quantAware(op string) bool {
	return op == "DequantizeLinear" || op == "QGemm" || strings.HasPrefix(op, "QLinear")
}

// readScaling reads a scale and a zero point, for which [hasSeveralScales] must be false.
func readScaling(n *node, scale, zero int) scaling {
	out := scaling{scale: n.need(scale).konst.numbers()[0], bounds: integerRange[quantisedType(n, zero)]}
	if !(out.scale > 0) {
		failf("its scale is %g and must be above zero: the file is damaged", out.scale)
	}
	if z := n.input(zero); z != nil {
		if size(z.dims) != 1 {
			failf("its zero point must be one constant")
		}
		out.zero = z.konst.toInts()[0]
	}
	return out
}

// quantise returns s * round(clip(x/s, low - z, high - z)), with halves rounded to even.
func (b *builder) quantise(v *value, q scaling) *value {
	out := b.applyToEach(v, func(x ref) ref {
		x = b.binary("Div", x, b.scalar(q.scale))
		x = b.clipHigh(b.clipLow(x, float32(q.low-q.zero)), float32(q.high-q.zero))
		return b.binary("Mul", b.steps(x), b.scalar(q.scale))
	})
	out.quant = &q
	return out
}

// dequantise returns the constant s*(q - z), with one scale for all or one for each entry of an axis.
func dequantise(n *node, v *value, scale, zero, at int) *tensor {
	q, s := v.konst, n.need(scale).konst
	if q == nil || s == nil {
		failf("its scale is computed from the picture, and only a constant is supported there")
	}
	each, zeros := s.floats(), make([]float32, size(s.dims))
	if z := n.input(zero); z != nil {
		if z.konst == nil || size(z.dims) != len(each) {
			failf("it has %d scales, and zero points of the shape %v", len(each), z.dims)
		}
		for i, v := range z.konst.toInts() {
			zeros[i] = float32(v)
		}
	}
	inner := 1
	if len(each) > 1 {
		at = axis(at, len(q.dims))
		if len(each) != q.dims[at] {
			failf("it has %d scales for %d entries of axis %d", len(each), q.dims[at], at)
		}
		inner = size(q.dims[at+1:])
	}
	t := &tensor{dims: q.dims, floats: func() []float32 {
		out := slices.Clone(q.numbers())
		for i := range out {
			k := i / inner % len(each)
			out[i] = (out[i] - zeros[k]) * each[k]
		}
		return out
	}}
	if q.origin != "" {
		t.origin = fmt.Sprintf("%s@dequantised by %s", q.origin, n.Output[0])
	}
	return t
}

// numbers returns the tensor's values as floats, whatever they are.
func (t *tensor) numbers() []float32 {
	if t.isInt {
		return convert(t.ints, func(v int64) float32 { return float32(v) })
	}
	return t.floats()
}
