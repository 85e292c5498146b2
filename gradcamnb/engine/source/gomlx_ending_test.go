package source

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// The end of a graph tells what the numbers of a graph function are, however its last function is written, and which
// layer that function is applied to.
func TestEndingsOfGoMLXModels(t *testing.T) {
	const head = "head"
	for name, c := range map[string]struct {
		end    func(z *Node) *Node
		unit   Unit
		before string
	}{
		"logits":        {func(z *Node) *Node { return z }, Logits, ""},
		"logits, twice": {func(z *Node) *Node { return MulScalar(z, 2) }, Logits, ""},
		"softmax":       {func(z *Node) *Node { return Softmax(z) }, SoftmaxProbability, head},
		"softmax, written": {func(z *Node) *Node { z = Exp(z); return Div(z, ReduceAndKeep(z, ReduceSum, -1)) },
			SoftmaxProbability, head},
		"softmax, reshaped":  {func(z *Node) *Node { return Reshape(Softmax(z), 1, 3) }, SoftmaxProbability, head},
		"sigmoid":            {Sigmoid, SigmoidProbability, head},
		"sigmoid, written":   {func(z *Node) *Node { return Reciprocal(OnePlus(Exp(Neg(z)))) }, SigmoidProbability, ""},
		"log-softmax":        {func(z *Node) *Node { return LogSoftmax(z) }, LogProbability, head},
		"log of softmax":     {func(z *Node) *Node { return Log(Softmax(z)) }, LogProbability, head},
		"tanh":               {Tanh, PlainNumbers, ""},
		"swish":              {activation.Swish, Logits, ""},
		"quotient of logits": {func(z *Node) *Node { return DivScalar(z, 3) }, Logits, ""},
	} {
		m, err := GoMLX(Card{Name: name, Input: []int{-1, 4, 4, 3}, Untrained: true}, model.NewStore(),
			func(scope *model.Scope, x *Node) []*Node {
				return []*Node{c.end(layers.Dense(scope.In(head), Reshape(x, x.Shape().Dim(0), -1), true, 3))}
			})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Layers(t.Context(), []int{1, 4, 4, 3}, ""); err != nil {
			t.Fatal(err)
		}
		if e := EndingOf(m, "output"); e.Unit != c.unit || e.Before != c.before {
			t.Errorf("%s: the output is %+v, want %s, made of %q", name, e, c.unit, c.before)
		}
	}
}
