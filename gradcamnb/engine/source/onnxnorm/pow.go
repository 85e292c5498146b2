package onnxnorm

import "math"

// Pow is x^p. At x = 0 the derivative is p*0^(p-1) if that is a number, as in torch. If it would be infinite, for p
// between 0 and 1, it is 0, as for the square root.
var _ = register("Pow", func(b *builder, n *node) {
	x, p := n.need(0), n.need(1)
	if p.konst == nil || size(p.dims) != 1 || len(p.dims) > len(x.dims) {
		n.out = []*value{b.combine(x, p, b.power)}
		return
	}
	exponent := p.konst.numbers()[0]
	n.out = []*value{b.applyToEach(x, func(x ref) ref { return b.powerOf(x, exponent) })}
}, func(n *node) *tensor {
	return foldBinary(n, nil, func(a, b float32) float32 { return float32(math.Pow(float64(a), float64(b))) })
})

// powerOf returns x^p for a number p.
func (b *builder) powerOf(x ref, p float32) ref {
	switch p {
	case 0:
		return b.selectPositive(x, b.scalar(1), b.scalar(1))
	case 1:
		return x
	case 2:
		return b.binary("Mul", x, x)
	case 0.5:
		return b.root(x)
	}
	power := func(x ref) ref { return b.binary("Pow", x, b.scalar(p)) }
	if 0 < p && p < 1 {
		return b.applyExceptZero(x, b.scalar(0), power)
	}
	return power(x)
}

// power returns x^p for tensors. If x is 0 and no power of it is needed, neither is log(x), which is a factor of p's
// gradient.
func (b *builder) power(x, p ref) ref {
	if !b.differentiable {
		return b.binary("Pow", x, p)
	}
	return b.applyBroadcast(x, p, func(x, p ref, dims []int) ref {
		is := func(v float32) ref { return b.emit("Equal", p.dims, []ref{p, b.scalar(v)}) }
		none := b.emit("Where", p.dims, []ref{is(0), b.scalar(1), b.scalar(0)})
		below := b.emit("Less", p.dims, []ref{p, b.scalar(0)})
		none = b.emit("Where", p.dims, []ref{below, b.scalar(float32(math.Inf(1))), none})
		atZero := b.emit("Where", dims, []ref{is(1), x, none})
		zero := b.isZero(x)
		y := b.emit("Pow", dims, []ref{b.emit("Where", x.dims, []ref{zero, b.scalar(1), x}), p})
		return b.emit("Where", dims, []ref{zero, atZero, y})
	})
}
