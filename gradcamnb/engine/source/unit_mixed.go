package source

import (
	"math"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// This file tells what is made of probabilities by operators that otherwise make logits: sums over groups of classes,
// expectations, entropies and thresholds.

func init() { // the rules look into the map
	ends["ReduceSum"] = total
	ends["Neg"] = negation
	ends["MatMul"], ends["Gemm"] = dense, dense
	for _, op := range []string{"Where", "Pad", "CumSum", "ScatterElements", "ScatterND", "Scatter"} {
		ends[op] = mixture
	}
}

// total returns a probability for a sum, along the axis of the classes, of probabilities of classes that exclude each
// other. A sum along another axis, or along several, in one node or one after another, goes over places, too, and has
// no unit: it is an area. A sum of weighted probabilities, such as an expectation or an entropy, has no unit. Any other
// sum counts as logits, as that over a map does.
func total(e endings, n *protos.NodeProto, depth int) Ending {
	switch u := e.input(n, 0, depth).Unit; u {
	case SoftmaxProbability:
		if axes := givenInts(n, "axes", e.consts); len(axes) == 1 && e.exclude(n.Input[0], axes[0]) {
			return Ending{Unit: SoftmaxProbability}
		}
		return Ending{Unit: PlainNumbers}
	case SigmoidProbability:
		return Ending{Unit: PlainNumbers}
	}
	if mul := e.maker(n.Input[0], "Mul"); mul != nil {
		for i := range mul.Input {
			other := mul.Input[1-i]
			weighs := e.consts[other] != nil || e.findEnding(other, depth+2).Unit == LogProbability
			if weighs && e.input(mul, i, depth+1).isProbability() {
				return Ending{Unit: PlainNumbers}
			}
		}
	}
	return Ending{Unit: Logits}
}

// negation returns no unit for a negative probability, its logarithm or a log-sigmoid, which is -softplus(-x); the
// sum's unit for a negative sum; and else logits.
func negation(e endings, n *protos.NodeProto, depth int) Ending {
	in := e.input(n, 0, depth)
	if in.isProbability() || in.Unit == LogProbability || e.maker(n.Input[0], "Softplus") != nil {
		return Ending{Unit: PlainNumbers}
	}
	if sum := e.maker(n.Input[0], "ReduceSum"); sum != nil { // of an entropy
		return Ending{Unit: in.Unit}
	}
	return Ending{Unit: Logits}
}

// mixture returns no unit for an operator that puts other numbers in the place of some probabilities, and else logits.
func mixture(e endings, n *protos.NodeProto, depth int) Ending {
	for i, name := range n.Input {
		if e.made[name] != nil && e.input(n, i, depth).isProbability() {
			return Ending{Unit: PlainNumbers}
		}
	}
	return Ending{Unit: Logits}
}

// dense returns the ending of a product with weights. Probabilities of classes that exclude each other stay such if
// each row of the weights is a distribution, as in a table of classes and their groups. If one number is made of
// them, as an age is, it has no unit. Everything else is logits.
func dense(e endings, n *protos.NodeProto, depth int) Ending {
	if len(n.Input) != 2 || e.consts[n.Input[1]] == nil || e.input(n, 0, depth).Unit != SoftmaxProbability {
		return Ending{Unit: Logits}
	}
	dims, weights := e.consts[n.Input[1]].Dims, onnxnorm.Floats(e.consts[n.Input[1]])
	if len(dims) != 2 || int64(len(weights)) != dims[0]*dims[1] || len(n.Attribute) > 0 {
		return Ending{Unit: Logits}
	}
	switch {
	case dims[1] == 1:
		return Ending{Unit: PlainNumbers}
	case areDistributions(weights, int(dims[1])) && e.exclude(n.Input[0], -1):
		return Ending{Unit: SoftmaxProbability}
	}
	return Ending{Unit: Logits}
}

// areDistributions tells whether each row of a matrix adds up to 1 without negative numbers.
func areDistributions(matrix []float32, columns int) bool {
	for ; len(matrix) > 0; matrix = matrix[columns:] {
		var sum float64
		for _, v := range matrix[:columns] {
			if v < 0 {
				return false
			}
			sum += float64(v)
		}
		if !(math.Abs(sum-1) <= slack) {
			return false
		}
	}
	return true
}
