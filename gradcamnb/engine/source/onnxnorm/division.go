package onnxnorm

// Div of whole numbers drops the fraction. The result of Mod has the sign of the divisor, or with fmod=1 of the
// dividend. It is x - y*q, and its derivative is 1 in x and -q in y.
var (
	_ = register("Div", func(b *builder, n *node) {
		if n.need(0).kind() == whole {
			n.out = []*value{b.combine(n.in[0], n.need(1), func(x, y ref) ref { return b.divideWhole(x, y, true) })}
			return
		}
		n.out = []*value{b.pair("Div", n.in[0], n.need(1))}
	}, func(n *node) *tensor { return foldBinary(n, divInts, func(a, b float32) float32 { return a / b }) })

	_ = register("Mod", func(b *builder, n *node) {
		fmod := n.intOr("fmod", 0) != 0
		n.out = []*value{b.combine(n.need(0), n.need(1), func(x, y ref) ref {
			q := b.divideWhole
			if n.in[0].kind() != whole {
				q = b.divideRounded
			}
			return b.sub(x, b.mul(y, q(x, y, fmod)))
		})}
	}, func(n *node) *tensor {
		if n.intOr("fmod", 0) != 0 {
			return nil
		}
		return foldBinary(n, modInts, nil)
	})
)

// divideRounded returns x/y rounded to zero or down.
func (b *builder) divideRounded(x, y ref, toZero bool) ref {
	if toZero {
		return b.truncate(b.div(x, y))
	}
	return b.unary("Floor", b.div(x, y))
}

// divideWhole returns x/y of whole numbers rounded to zero or down. Half is added to x, away from where it is rounded
// to: XLA divides by a constant y by multiplying with 1/y, and 41 times 1/41 is less than 1 in float32.
func (b *builder) divideWhole(x, y ref, toZero bool) ref {
	away := y
	if toZero {
		away = x
	}
	return b.divideRounded(b.add(x, b.scaleBy(b.unary("Sign", away), 0.5)), y, toZero)
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
