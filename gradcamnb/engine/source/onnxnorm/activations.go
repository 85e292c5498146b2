package onnxnorm

import "slices"

// These activations are written with simpler operators.
var (
	// LeakyRelu is x where x >= 0, else alpha*x; its gradient at 0 is alpha, as torch has it.
	_ = register("LeakyRelu", func(b *builder, n *node) {
		alpha := n.floatOr("alpha", 0.01)
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			return b.selectPositive(x, x, b.binary("Mul", x, b.scalar(alpha)))
		})}
	}, nil)

	// PRelu is LeakyRelu with a slope for each channel. Before opset 7, a vector of slopes counts channels.
	_ = register("PRelu", func(b *builder, n *node) {
		x, slope := n.need(0), n.need(1)
		if b.opset < 7 && len(slope.dims) == 1 && slope.konst != nil && len(x.dims) > 1 {
			dims := slices.Repeat([]int{1}, len(x.dims)-1)
			dims[0] = slope.dims[0]
			slope = &value{name: slope.name, dims: dims, konst: slope.konst.reshape(dims)}
		}
		scaled := b.pair("Mul", x, slope)
		if isLast(scaled) {
			n.out = []*value{b.newFromLast(b.selectPositive(b.moveChannelsLast(x), b.moveChannelsLast(x), scaled.last))}
			return
		}
		n.out = []*value{markTail(newFromPlain(b.selectPositive(b.plain(x), b.plain(x), b.plain(scaled))), x)}
	}, nil)

	// Elu is x where x > 0, else alpha*(exp(x) - 1); Celu alpha*(exp(x/alpha) - 1); Selu
	// gamma times Elu.
	_ = register("Elu", func(b *builder, n *node) { b.elu(n, n.floatOr("alpha", 1), 1, 1) }, nil)
	_ = register("Celu", func(b *builder, n *node) {
		alpha := n.floatOr("alpha", 1)
		b.elu(n, alpha, 1/alpha, 1)
	}, nil)
	_ = register("Selu", func(b *builder, n *node) {
		b.elu(n, n.floatOr("alpha", 1.67326319217681884765625), 1, n.floatOr("gamma", 1.05070102214813232421875))
	}, nil)

	// Softplus is log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), a form that does not overflow. It stays smooth at
	// 0: there the maximum has the derivative 1/2 and |x| has 0.
	_ = register("Softplus", func(b *builder, n *node) { n.out = []*value{b.applyToEach(n.need(0), b.softplus)} }, nil)

	// Mish is x * tanh(softplus(x)).
	_ = register("Mish", func(b *builder, n *node) {
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			return b.binary("Mul", x, b.unary("Tanh", b.softplus(x)))
		})}
	}, nil)

	// Softsign is x / (1 + |x|).
	_ = register("Softsign", func(b *builder, n *node) {
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			return b.binary("Div", x, b.binary("Add", b.abs(x), b.scalar(1)))
		})}
	}, nil)

	// HardSwish is x * min(max(0, x/6 + 1/2), 1), which is 0 up to -3 and x from 3 on.
	_ = register("HardSwish", func(b *builder, n *node) {
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			if !b.differentiable {
				return b.unary("HardSwish", x)
			}
			inner := b.scaleBy(b.binary("Mul", x, b.binary("Add", x, b.scalar(3))), 1.0/6)
			upper := b.emit("Where", x.dims, []ref{b.emit("GreaterOrEqual", x.dims, []ref{x, b.scalar(3)}), x, inner})
			return b.emit("Where", x.dims, []ref{b.emit("LessOrEqual", x.dims, []ref{x, b.scalar(-3)}), b.scalar(0), upper})
		})}
	}, nil)

	// ThresholdedRelu is x where x > alpha, else 0.
	_ = register("ThresholdedRelu", func(b *builder, n *node) {
		alpha := n.floatOr("alpha", 1)
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			return b.emit("Where", x.dims, []ref{b.emit("Greater", x.dims, []ref{x, b.scalar(alpha)}), x, b.scalar(0)})
		})}
	}, nil)
)

// selectPositive returns yes where x > 0 and no elsewhere.
func (b *builder) selectPositive(x, yes, no ref) ref {
	return b.emit("Where", x.dims, []ref{b.emit("Greater", x.dims, []ref{x, b.scalar(0)}), yes, no})
}

// elu writes gamma*x above 0 and gamma*alpha*(exp(x*inner) - 1) elsewhere. The exponent is taken of min(x, 0), since an
// overflow in the branch that is not taken would make the gradient NaN. At 0 the derivative is that of the lower
// branch, as in torch.
func (b *builder) elu(n *node, alpha, inner, gamma float32) {
	n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
		low := b.selectPositive(x, b.scalar(0), x)
		e := b.binary("Sub", b.unary("Exp", b.scaleBy(low, inner)), b.scalar(1))
		return b.scaleBy(b.selectPositive(x, x, b.scaleBy(e, alpha)), gamma)
	})}
}

func (b *builder) softplus(x ref) ref {
	e := b.unary("Exp", b.unary("Neg", b.abs(x)))
	return b.binary("Add", b.extreme("Max", x, b.scalar(0)), b.unary("Log", b.binary("Add", e, b.scalar(1))))
}
