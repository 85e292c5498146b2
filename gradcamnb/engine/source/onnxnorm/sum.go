package onnxnorm

// Sum and Mean combine any number of tensors.
var (
	_ = register("Sum", func(b *builder, n *node) { n.out = []*value{b.total(n)} }, nil)
	_ = register("Mean", func(b *builder, n *node) {
		n.out = []*value{b.applyToEach(b.total(n), func(x ref) ref { return b.scaleBy(x, 1/float32(len(n.in))) })}
	}, nil)
)

func (b *builder) total(n *node) *value {
	sum := *n.need(0)
	out := &sum
	for i := range n.in[1:] {
		out = b.pair("Add", out, n.need(i+1))
	}
	return out
}
