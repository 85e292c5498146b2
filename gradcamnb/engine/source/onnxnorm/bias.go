package onnxnorm

import "math"

// biasOf returns what a node adds to every channel of its output: a convolution's bias, or a batch norm's beta - mean
// gamma / sqrt(var + epsilon). It returns nil for any other node, and if the bias is computed from the picture.
func biasOf(n *node) func() []float32 {
	switch n.OpType {
	case "Conv", "ConvTranspose":
		if b := n.input(2); b != nil && b.konst != nil {
			return b.konst.floats
		}
	case "BatchNormalization":
		if n.normalisesEach() {
			return nil
		}
		var p [4]*tensor
		for i := range p {
			v := n.input(i + 1)
			if v == nil || v.konst == nil {
				return nil
			}
			p[i] = v.konst
		}
		epsilon := float64(n.floatOr("epsilon", 1e-5))
		return func() []float32 {
			gamma, beta, mean, variance := p[0].floats(), p[1].floats(), p[2].floats(), p[3].floats()
			out := make([]float32, len(beta))
			for i := range out {
				out[i] = float32(float64(beta[i]) - float64(mean[i])*float64(gamma[i])/math.Sqrt(float64(variance[i])+epsilon))
			}
			return out
		}
	}
	return nil
}
