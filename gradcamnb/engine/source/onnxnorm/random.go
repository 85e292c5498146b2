package onnxnorm

// Operators that draw random numbers are refused, since a network that answers needs none. torch writes them for a
// dropout in training mode.
var _ = func() bool {
	for _, op := range []string{"RandomUniform", "RandomNormal", "RandomUniformLike", "RandomNormalLike", "Bernoulli",
		"Multinomial"} {
		register(op, func(_ *builder, _ *node) {
			failf("random numbers, as a dropout in training mode draws them, are not supported: export the model after model.eval()")
		}, nil)
	}
	return true
}()
