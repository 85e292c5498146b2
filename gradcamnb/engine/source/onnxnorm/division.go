package onnxnorm

// Div of whole numbers drops the fraction. The result of Mod has the sign of the divisor, or with fmod=1 of the
// dividend.
var (
	_ = register("Div", func(b *builder, n *node) {
		n.out = []*value{b.pair("Div", n.need(0), n.need(1))}
		if n.in[0].kind() == whole {
			n.out[0] = b.applyToEach(n.out[0], b.truncate)
		}
	}, func(n *node) *tensor { return foldBinary(n, divInts, func(a, b float32) float32 { return a / b }) })

	_ = register("Mod", func(b *builder, n *node) {
		n.out = []*value{b.combine(n.need(0), n.need(1),
			func(x, y ref) ref { return b.remainder(x, y, n.intOr("fmod", 0) != 0) })}
	}, func(n *node) *tensor {
		if n.intOr("fmod", 0) != 0 {
			return nil
		}
		return foldBinary(n, modInts, nil)
	})
)

// remainder returns x - y*q, where q is x/y rounded to zero (fmod) or down. The derivative is 1 in x and -q in y.
func (b *builder) remainder(x, y ref, fmod bool) ref {
	q := b.binary("Div", x, y)
	if fmod {
		q = b.truncate(q)
	} else {
		q = b.unary("Floor", q)
	}
	return b.binary("Sub", x, b.binary("Mul", y, q))
}

func divInts(a, b int64) int64 {
	if b == 0 {
		failf("a constant is divided by zero")
	}
	return a / b
}

// modInts returns the remainder with the sign of the divisor, like ONNX's Mod with fmod=0.
func modInts(a, b int64) int64 {
	if b == 0 {
		failf("a constant is divided by zero")
	}
	return ((a % b) + b) % b
}
