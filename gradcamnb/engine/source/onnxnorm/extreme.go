package onnxnorm

// Max and Min combine any number of tensors, two at a time. torch's newer exporter writes torch.clamp with a number
// this way, which becomes a Clip.
var (
	_ = register("Max", extremeRule, foldExtreme(func(a, b int64) int64 { return max(a, b) }))
	_ = register("Min", extremeRule, foldExtreme(func(a, b int64) int64 { return min(a, b) }))
)

func extremeRule(b *builder, n *node) {
	if v := n.input(1); len(n.in) == 2 && v != nil && v.konst != nil && size(v.dims) == 1 && clampsToNumber(n) &&
		!v.konst.isInt {
		limit := v.konst.floats()[0]
		n.out = []*value{b.applyToEach(n.need(0), func(x ref) ref {
			if n.OpType == "Max" {
				return b.clipLow(x, limit)
			}
			return b.clipHigh(x, limit)
		})}
		return
	}
	acc := n.need(0)
	for i := range n.in[1:] {
		acc = b.combine(acc, n.need(i+1), func(x, y ref) ref { return b.extreme(n.OpType, x, y) })
	}
	n.out = []*value{acc}
}

func foldExtreme(ints func(a, b int64) int64) fold {
	return func(n *node) *tensor { return foldBinary(n, ints, nil) }
}
