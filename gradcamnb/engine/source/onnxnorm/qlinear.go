package onnxnorm

// These operators take and give integers. Each does what the operator does to the numbers that the integers stand for,
// and then quantises the result. onnxruntime's quantiser writes them in its format "QOperator". Their inputs are value,
// scale and zero point for each operand, then scale and zero point of the result.
var (
	_ = register("QLinearConv", func(b *builder, n *node) {
		in := []*value{b.dequantiseOperand(n, 0, 0), b.dequantiseOperand(n, 3, 0)}
		if bias := n.input(8); bias != nil {
			in = append(in, convertBias(n, bias))
		}
		b.qlinear(n, "Conv", in, 6)
	}, nil)
	_ = register("QLinearMatMul", func(b *builder, n *node) {
		b.qlinear(n, "MatMul", []*value{b.dequantiseOperand(n, 0, 0), b.dequantiseOperand(n, 3, -1)}, 6)
	}, nil)
	_ = register("com.microsoft.QGemm", func(b *builder, n *node) {
		at := 1 // the axis of B's columns
		if n.intOr("transB", 0) != 0 {
			at = 0
		}
		in := []*value{b.dequantiseOperand(n, 0, 0), b.dequantiseOperand(n, 3, at)}
		if c := n.input(6); c != nil {
			in = append(in, convertBias(n, c))
		}
		b.qlinear(n, "Gemm", in, 7)
	}, nil)
	_ = register("com.microsoft.QLinearConv", func(b *builder, n *node) { rules["QLinearConv"](b, n) }, nil)
	_ = register("com.microsoft.QLinearWhere", func(b *builder, n *node) {
		b.qlinear(n, "Where", []*value{n.need(0), b.dequantiseOperand(n, 1, 0), b.dequantiseOperand(n, 4, 0)}, 7)
	}, nil)

	// DynamicQuantizeMatMul quantises its first operand by its own range, and MatMulIntegerToFloat is given one: the
	// product of both as numbers, and a bias.
	_ = register("com.microsoft.DynamicQuantizeMatMul", func(b *builder, n *node) {
		m := n.withAttributes()
		m.OpType, m.in = "DynamicQuantizeLinear", n.in[:1]
		rules["DynamicQuantizeLinear"](b, m)
		b.multiplyQuantised(n, b.dequantiseInputs(n, m.out[:3], 0), []*value{n.need(1), n.need(2), n.input(3)}, 4)
	}, nil)
	_ = register("com.microsoft.MatMulIntegerToFloat", func(b *builder, n *node) {
		b.multiplyQuantised(n, b.dequantiseInputs(n, []*value{n.need(0), n.need(2), n.input(4)}, 0),
			[]*value{n.need(1), n.need(3), n.input(5)}, 6)
	}, nil)

	// NhwcMaxPool is MaxPool of integers with the channels last.
	_ = register("com.microsoft.NhwcMaxPool", func(b *builder, n *node) {
		y := b.applyStandard(n, "Transpose", n.in[:1], attrInts("perm", inverse(channelsLast(4))))
		y = b.applyStandard(n, "MaxPool", []*value{y}, n.Attribute...)
		n.out = []*value{b.applyStandard(n, "Transpose", []*value{y}, attrInts("perm", channelsLast(4)))}
	}, nil)

	_ = registerQLinear("Add", 2)
	_ = registerQLinear("Mul", 2)
	_ = registerQLinear("Sigmoid", 1)
	_ = registerQLinear("Softmax", 1)
	_ = registerQLinear("LeakyRelu", 1)
	_ = registerQLinear("AveragePool", 1)
	_ = registerQLinear("GlobalAveragePool", 1)
	_ = register("com.microsoft.QLinearConcat", func(b *builder, n *node) {
		var in []*value
		for i := 2; i+2 < len(n.in); i += 3 {
			in = append(in, b.dequantiseOperand(n, i, 0))
		}
		b.qlinear(n, "Concat", in, 0)
	}, nil)
)

func registerQLinear(op string, operands int) bool {
	return register("com.microsoft.QLinear"+op, func(b *builder, n *node) {
		var in []*value
		for i := range operands {
			in = append(in, b.dequantiseOperand(n, 3*i, 0))
		}
		b.qlinear(n, op, in, 3*operands)
	}, nil)
}

// qlinear applies the operator to numbers, and quantises the result if there is a scale for it.
func (b *builder) qlinear(n *node, op string, in []*value, scale int) {
	last := n.intOr("channels_last", 0) != 0
	if last {
		in[0] = b.apply(n.withAttributes(attrInts("perm", inverse(channelsLast(4)))), "Transpose", in[:1])
	}
	y := b.apply(n, op, in)
	if last {
		y = b.apply(n.withAttributes(attrInts("perm", channelsLast(4))), "Transpose", []*value{y})
	}
	if n.input(scale) == nil {
		n.out = []*value{y}
		return
	}
	if hasSeveralScales(n, scale, scale+1) {
		m := n.withAttributes()
		m.in = []*value{y, n.need(scale), n.input(scale + 1)}
		b.quantiseAny(m)
		n.out = m.out
		return
	}
	n.out = []*value{b.quantise(y, readScaling(n, scale, scale+1))}
}

// dequantiseInputs returns the numbers that integers stand for, with their scale and their zero point, which may be
// missing. at is the axis of the scales.
func (b *builder) dequantiseInputs(n *node, of []*value, at int) *value {
	if of[2] == nil {
		of = of[:2]
	}
	return b.applyStandard(n, "DequantizeLinear", of, attrInt("axis", at))
}

// multiplyQuantised multiplies numbers by weights that are integers, and adds a bias, whose input may be missing.
func (b *builder) multiplyQuantised(n *node, x *value, weights []*value, bias int) {
	at := len(weights[0].dims) - 1
	y := b.apply(n, "MatMul", []*value{x, b.dequantiseInputs(n, weights, at)})
	if v := n.input(bias); v != nil {
		y = b.pair("Add", y, v)
	}
	n.out = []*value{y}
}

// dequantiseOperand returns input i, whose scale and zero point follow it, as numbers. at is the axis that the scales
// count along.
func (b *builder) dequantiseOperand(n *node, i, at int) *value {
	v := n.need(i)
	if v.konst != nil {
		t := dequantise(n, v, i+1, i+2, at)
		return &value{name: v.name, dims: t.dims, konst: t}
	}
	if v.quant == nil || hasSeveralScales(n, i+1, i+2) || *v.quant != readScaling(n, i+1, i+2) {
		m := n.withAttributes(attrInt("axis", at))
		m.in = []*value{b.integers(v), n.need(i + 1), n.input(i + 2)}
		b.dequantiseAny(m)
		return m.out[0]
	}
	u := *v
	u.quant = nil
	return &u
}

// convertBias returns a bias as numbers: integers in steps of the product of the scales of
// the two operands.
func convertBias(n *node, bias *value) *value {
	x, w := n.need(1).konst, n.need(4).konst
	if bias.konst == nil || x == nil || w == nil {
		failf("its bias and scales must be constants")
	}
	scales := w.floats()
	t := &tensor{dims: bias.dims, floats: func() []float32 {
		out := bias.konst.numbers()
		for i := range out {
			out[i] *= x.floats()[0] * scales[i%len(scales)]
		}
		return out
	}, origin: n.Output[0] + "@bias"}
	return &value{dims: t.dims, konst: t}
}
