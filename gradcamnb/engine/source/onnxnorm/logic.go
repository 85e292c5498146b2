package onnxnorm

// Comparisons give truth values, and And, Or, Xor and Not take them.
var (
	_ = registerComparison("Equal", func(a, b int64) bool { return a == b })
	_ = registerComparison("Greater", func(a, b int64) bool { return a > b })
	_ = registerComparison("GreaterOrEqual", func(a, b int64) bool { return a >= b })
	_ = registerComparison("Less", func(a, b int64) bool { return a < b })
	_ = registerComparison("LessOrEqual", func(a, b int64) bool { return a <= b })

	_ = registerLogic("And", func(a, b int64) int64 { return a & b },
		func(b *builder, x, y ref) ref { return b.binary("Mul", x, y) })
	_ = registerLogic("Or", func(a, b int64) int64 { return a | b },
		func(b *builder, x, y ref) ref { return b.binary("Max", x, y) })
	_ = registerLogic("Xor", func(a, b int64) int64 { return a ^ b }, func(b *builder, x, y ref) ref {
		return b.unary("Abs", b.binary("Sub", x, y))
	})
	_ = register("Not", func(b *builder, n *node) {
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref { return b.binary("Sub", b.scalar(1), x) }).setKind(truth)}
	}, func(n *node) *tensor {
		t := n.in[0].konst
		return truthTensor(t.dims, convert(t.ints, func(v int64) int64 { return 1 - v }))
	})
)

func registerComparison(op string, is func(a, b int64) bool) bool {
	return register(op, func(b *builder, n *node) {
		n.out = []*value{b.combine(n.need(0), n.need(1), func(x, y ref) ref { return b.compare(op, x, y) }).setKind(truth)}
	}, func(n *node) *tensor {
		return convertToTruth(foldBinary(n, func(a, b int64) int64 {
			if is(a, b) {
				return 1
			}
			return 0
		}, nil))
	})
}

func registerLogic(op string, ints func(a, b int64) int64, f func(b *builder, x, y ref) ref) bool {
	return register(op, func(b *builder, n *node) {
		n.out = []*value{b.combine(n.need(0), n.need(1), func(x, y ref) ref { return f(b, x, y) }).setKind(truth)}
	}, func(n *node) *tensor { return convertToTruth(foldBinary(n, ints, nil)) })
}

// truthTensor returns a constant of truth values, 0 and 1.
func truthTensor(dims []int, values []int64) *tensor { return convertToTruth(intTensor(dims, values)) }

func convertToTruth(t *tensor) *tensor {
	if t != nil {
		t.kind = protoBool
	}
	return t
}
