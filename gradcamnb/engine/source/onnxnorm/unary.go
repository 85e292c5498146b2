package onnxnorm

import "math"

// These functions of one number are written with functions that have a derivative.
var (
	_ = registerFormula("Tan", func(b *builder, x ref) ref { return b.div(b.unary("Sin", x), b.unary("Cos", x)) })
	_ = registerFormula("Sinh", func(b *builder, x ref) ref {
		return b.mul(b.sub(b.exp(x), b.exp(b.neg(x))), b.scalar(0.5))
	})
	_ = registerFormula("Cosh", func(b *builder, x ref) ref {
		return b.mul(b.add(b.exp(x), b.exp(b.neg(x))), b.scalar(0.5))
	})
	_ = registerFormula("Asinh", func(b *builder, x ref) ref { // sign(x) log(|x| + sqrt(x^2 + 1))
		a := b.unary("Abs", x)
		return b.mul(b.unary("Sign", x), b.log(b.add(a, b.root(b.offset(b.square(x), 1)))))
	})
	_ = registerFormula("Acosh", func(b *builder, x ref) ref { return b.log(b.add(x, b.root(b.offset(b.square(x), -1)))) })
	_ = registerFormula("Atanh", func(b *builder, x ref) ref { // log((1 + x)/(1 - x))/2
		return b.mul(b.log(b.div(b.offset(x, 1), b.sub(b.scalar(1), x))), b.scalar(0.5))
	})
	_ = registerFormula("Atan", (*builder).atan)
	_ = registerFormula("Asin", (*builder).asin)
	_ = registerFormula("Acos", func(b *builder, x ref) ref { return b.sub(b.scalar(math.Pi/2), b.asin(x)) })
	_ = registerFormula("Ceil", func(b *builder, x ref) ref { return b.unary("Ceil", b.exactRatio(x)) })
	_ = registerFormula("Floor", func(b *builder, x ref) ref { return b.unary("Floor", b.exactRatio(x)) })
	_ = registerFormula("Round", func(b *builder, x ref) ref { return b.round(b.exactRatio(x)) })

	_ = register("Swish", func(b *builder, n *node) { // x sigmoid(alpha x)
		n.out = []*value{b.swish(n.need(0), n.floatOr("alpha", 1))}
	}, nil)

	_ = register("SwiGLU", func(b *builder, n *node) { // x sigmoid(alpha x) y
		alpha := n.floatOr("alpha", 1)
		n.out = []*value{b.combine(n.need(0), n.need(1), func(x, y ref) ref {
			return b.mul(b.mul(x, b.unary("Sigmoid", b.scaleBy(x, alpha))), y)
		})}
	}, nil)

	// Shrink is x + bias below -lambda, x - bias above lambda, and 0 between.
	_ = register("Shrink", func(b *builder, n *node) {
		lambda, bias := n.floatOr("lambd", 0.5), n.floatOr("bias", 0)
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			low, high := b.binary("Less", x, b.scalar(-lambda)), b.binary("Greater", x, b.scalar(lambda))
			return b.choose(low, b.offset(x, bias), b.choose(high, b.offset(x, -bias), b.scalar(0)))
		})}
	}, nil)

	_ = register("IsNaN", func(b *builder, n *node) {
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			return b.truthToNumber(b.unary("IsNaN", x))
		}).setKind(truth)}
	}, nil)
	_ = register("IsInf", func(b *builder, n *node) {
		below, above := n.intOr("detect_negative", 1) != 0, n.intOr("detect_positive", 1) != 0
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			switch {
			case below && above:
				x = b.unary("Abs", x)
			case below:
				x = b.neg(x)
			case !above:
				return b.mul(x, b.scalar(0))
			}
			return b.compare("Equal", x, b.scalar(float32(math.Inf(1))))
		}).setKind(truth)}
	}, nil)
)

// swish returns x sigmoid(alpha x).
func (b *builder) swish(x *value, alpha float32) *value {
	return b.applyToEach(x, func(x ref) ref { return b.mul(x, b.unary("Sigmoid", b.scaleBy(x, alpha))) })
}

func registerFormula(op string, f func(b *builder, x ref) ref) bool {
	return register(op, func(b *builder, n *node) {
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref { return f(b, x) })}
	}, nil)
}

// atan halves the angle three times, atan(x) = 2 atan(x / (1 + sqrt(1 + x^2))), until |x| < 0.2, and then sums x -
// x^3/3 + x^5/5 - ... up to x^11. Numbers whose square would be infinite have the same angle as the limit.
func (b *builder) atan(x ref) ref {
	const limit = 1e18
	x = b.clipHigh(b.clipLow(x, -limit), limit)
	for range 3 {
		x = b.div(x, b.offset(b.root(b.offset(b.square(x), 1)), 1))
	}
	z := b.square(x)
	sum := b.scalar(-1.0 / 11)
	for _, c := range []float32{1.0 / 9, -1.0 / 7, 1.0 / 5, -1.0 / 3, 1} {
		sum = b.offset(b.mul(z, sum), c)
	}
	return b.mul(b.mul(x, sum), b.scalar(8))
}

// asin returns 2 atan(x / (1 + sqrt(1 - x^2))).
func (b *builder) asin(x ref) ref {
	return b.mul(b.atan(b.div(x, b.offset(b.root(b.sub(b.scalar(1), b.square(x))), 1))), b.scalar(2))
}

// round returns the nearest whole number, or the even one of two. Its derivative is zero.
func (b *builder) round(x ref) ref {
	up := b.unary("Floor", b.offset(x, 0.5))
	half := b.mul(up, b.scalar(0.5))
	odd := b.binary("Greater", b.sub(half, b.unary("Floor", half)), b.scalar(0.25))
	tie := b.compare("Equal", b.sub(up, x), b.scalar(0.5))
	return b.choose(odd, b.sub(up, tie), up)
}
