package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// These are operators of onnxruntime's own, which replace a transformer's additions and norms.
var (
	// SkipLayerNormalization is the layer norm of x + skip + bias. Its fourth output is that sum.
	_ = register("com.microsoft.SkipLayerNormalization", func(b *builder, n *node) {
		b.skipNorm(n, "LayerNormalization", 1)
	}, nil)

	// SkipSimplifiedLayerNormalization does the same with the root mean square, and without a shift.
	_ = register("com.microsoft.SkipSimplifiedLayerNormalization", func(b *builder, n *node) {
		b.skipNorm(n, "RMSNormalization", 0)
	}, nil)

	// SimplifiedLayerNormalization is RMSNormalization.
	_ = register("SimplifiedLayerNormalization", func(b *builder, n *node) {
		n.out = []*value{b.apply(n, "RMSNormalization", n.in)}
	}, nil)
)

// skipNorm normalises the sum of the first two inputs and of the bias, which is the last input, after the scale and
// shifts shifts.
func (b *builder) skipNorm(n *node, op string, shifts int) {
	sum := b.pair("Add", n.need(0), n.need(1))
	if bias := n.input(3 + shifts); bias != nil {
		sum = b.pair("Add", sum, bias)
	}
	in := []*value{sum, n.need(2)}
	if shift := n.input(3); shift != nil && shifts > 0 {
		in = append(in, shift)
	}
	epsilon := attrFloat("epsilon", n.floatOr("epsilon", 1e-12))
	p := &protos.NodeProto{OpType: op, Name: n.Name, Output: n.Output[:1], Attribute: []*protos.AttributeProto{epsilon}}
	norm := &node{NodeProto: p, in: in}
	rules[op](b, norm)
	n.out = []*value{norm.out[0]}
	for i := 1; i < len(n.Output); i++ {
		if i < 3 && n.Output[i] != "" {
			failf("its outputs for training, mean and deviation, are not supported")
		}
		n.out = append(n.out, sum)
	}
}
