package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// These are operators of onnxruntime's own (domain com.microsoft) with which its extended optimiser replaces two or
// three standard ones.
var (
	// FusedConv is Conv, plus an addend, followed by an activation.
	_ = register("com.microsoft.FusedConv", func(b *builder, n *node) {
		conv := b.apply(n, "Conv", n.in[:min(3, len(n.in))])
		if z := n.input(3); z != nil {
			conv = b.pair("Add", conv, z)
		}
		n.out = []*value{b.activate(n, conv)}
	}, nil)

	// FusedMatMul is alpha * A B, with either transposed.
	_ = register("com.microsoft.FusedMatMul", func(b *builder, n *node) {
		if n.intOr("transBatchA", 0) != 0 || n.intOr("transBatchB", 0) != 0 {
			failf("transBatchA and transBatchB are not supported")
		}
		in := []*value{n.need(0), n.need(1)}
		for i, name := range []string{"transA", "transB"} {
			rank := len(in[i].dims)
			if n.intOr(name, 0) == 0 {
				continue
			}
			if rank < 2 {
				failf("it transposes the shape %v", in[i].dims)
			}
			perm := countUp(rank)
			perm[rank-1], perm[rank-2] = rank-2, rank-1
			t := &node{NodeProto: n.withAttributes(attrInts("perm", perm)).NodeProto, in: in[i : i+1]}
			if in[i].konst != nil {
				k := in[i].konst.transpose(perm)
				in[i] = &value{dims: k.dims, konst: k}
				continue
			}
			rules["Transpose"](b, t)
			in[i] = t.out[0]
		}
		out := b.apply(n, "MatMul", in)
		n.out = []*value{b.applyToEach(out, func(x ref) ref { return b.scaleBy(x, n.floatOr("alpha", 1)) })}
	}, nil)

	// FusedGemm is Gemm followed by an activation.
	_ = register("com.microsoft.FusedGemm", func(b *builder, n *node) {
		n.out = []*value{b.activate(n, b.apply(n, "Gemm", n.in))}
	}, nil)

	// BiasGelu is Gelu(x + bias), FastGelu the same with the hyperbolic tangent.
	_ = register("com.microsoft.BiasGelu", func(b *builder, n *node) {
		n.out = []*value{b.apply(n, "Gelu", []*value{b.pair("Add", n.need(0), n.need(1))})}
	}, nil)
	_ = register("com.microsoft.FastGelu", func(b *builder, n *node) {
		x := n.need(0)
		if bias := n.input(1); bias != nil {
			x = b.pair("Add", x, bias)
		}
		n.out = []*value{b.apply(n.withAttributes(attrString("approximate", "tanh")), "Gelu", []*value{x})}
	}, nil)

	// QuickGelu is x * sigmoid(alpha x).
	_ = register("com.microsoft.QuickGelu", func(b *builder, n *node) {
		n.out = []*value{b.swish(n.need(0), n.floatOr("alpha", 1.702))}
	}, nil)
)

// apply runs the rule of a standard operator with the node's attributes.
func (b *builder) apply(n *node, op string, in []*value) *value {
	m := n.withAttributes()
	m.OpType, m.in = op, in
	rules[op](b, m)
	return m.out[0]
}

// fusable are the activations that onnxruntime joins to another operator, with their parameters in the order in which
// FusedConv lists them.
var fusable = map[string][]string{
	"Relu": nil, "Tanh": nil, "Sigmoid": nil, "Softplus": nil, "Softsign": nil,
	"LeakyRelu": {"alpha"}, "Elu": {"alpha"}, "ThresholdedRelu": {"alpha"}, "Selu": {"alpha", "gamma"},
	"HardSigmoid": {"alpha", "beta"}, "Clip": {"min", "max"},
}

// activate applies the activation that the node's attribute names. FusedConv lists its parameters; FusedGemm has an
// attribute for each.
func (b *builder) activate(n *node, v *value) *value {
	op := n.stringOr("activation", "")
	if op == "" {
		return v
	}
	names, ok := fusable[op]
	if !ok {
		failf("its activation %q is not supported", op)
	}
	var listed []float32
	if a := n.attr("activation_params"); a != nil {
		listed = a.Floats
	}
	m := &node{NodeProto: &protos.NodeProto{OpType: op, Name: n.Name, Output: n.Output}, in: []*value{v}}
	for i, name := range names {
		a := n.attr("activation_" + name)
		switch {
		case a != nil:
			m.Attribute = append(m.Attribute, attrFloat(name, a.F))
		case i < len(listed):
			m.Attribute = append(m.Attribute, attrFloat(name, listed[i]))
		default:
			failf("its activation %s has no %s", op, name)
		}
	}
	rules[op](b, m)
	return m.out[0]
}
