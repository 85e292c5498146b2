package onnxnorm

// Div of whole numbers drops the fraction. The result of Mod has the sign of the divisor, or with fmod=1 of the
// dividend. It is x - y*q, and its derivative is 1 in x and -q in y.
var (
	_ = register("Div", func(b *builder, n *node) {
		if n.need(0).kind() == whole {
			n.out = []*value{b.combine(n.in[0], n.need(1), func(x, y ref) ref { return b.divideRounded(x, y, true) })}
			return
		}
		n.out = []*value{b.combine(n.in[0], n.need(1), func(x, y ref) ref {
			q := b.div(x, y)
			if c := n.in[1].konst; c != nil && size(c.dims) == 1 && !c.isPending() {
				b.ratios[b.matrixOf(q).name] = ratio{b.matrixOf(x), c.numbers()[0]}
			}
			return q
		})}
	}, func(n *node) *tensor { return foldBinary(n, divInts, func(a, b float32) float32 { return a / b }) })

	_ = register("Mod", func(b *builder, n *node) {
		fmod := n.intOr("fmod", 0) != 0
		n.out = []*value{b.combine(n.need(0), n.need(1), func(x, y ref) ref {
			return b.sub(x, b.mul(y, b.divideRounded(x, y, fmod)))
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
	q := b.exact(b.div(x, y), x, y)
	if toZero {
		return b.truncate(q)
	}
	return b.unary("Floor", q)
}

// exact returns the quotient q of x and y, or, if x is a whole number of y, that number. XLA divides by a constant by
// multiplying with its reciprocal, and 41 times 1/41 is less than 1 in float32, which would be rounded to 0.
func (b *builder) exact(q, x, y ref) ref {
	if b.pureGo {
		return q
	}
	k := b.unary("Floor", b.offset(q, 0.5))
	return b.choose(b.binary("Equal", x, b.mul(k, y)), k, q)
}

// ratio is a quotient by a constant.
type ratio struct {
	of ref
	by float32
}

// exactRatio returns x, which is rounded to a whole number next, as the exact quotient by a constant that it is.
func (b *builder) exactRatio(x ref) ref {
	if r, ok := b.ratios[b.matrixOf(x).name]; ok {
		return b.exact(x, r.of, b.scalar(r.by))
	}
	return x
}

// matrixOf returns the matrix that x is a view of, or x itself.
func (b *builder) matrixOf(x ref) ref {
	if m, ok := b.views[x.name]; ok {
		return m
	}
	return x
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
