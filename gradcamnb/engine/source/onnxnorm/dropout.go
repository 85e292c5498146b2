package onnxnorm

import "slices"

// Dropout does nothing, except in training, when a network's answers are random.
var _ = register("Dropout", func(b *builder, n *node) {
	training := b.opset < 7 && n.attr("is_test") != nil && n.intOr("is_test", 0) == 0
	if n.input(2) != nil {
		training = n.number(2, "training_mode", 0) != 0
	}
	if training && n.number(1, "ratio", float64(n.floatOr("ratio", 0.5))) > 0 {
		failf("it is in training mode, in which it drops values at random: export the model after model.eval()")
	}
	identity(b, n)
	if len(n.Output) > 1 { // the mask, which keeps all
		n.out = append(n.out[:1], newFromPlain(b.fillConstant(slices.Clone(n.in[0].dims), 1)).setKind(truth))
	}
}, nil)
