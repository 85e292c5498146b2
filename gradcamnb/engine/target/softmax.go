package target

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Probability is the softmax probability of a class, exp(y_k) / SUM_j exp(y_j).
// Output [batch, classes] -> [batch]. If the probability is close to 1, its gradient vanishes.
var Probability = register(Kind{
	Name:  "softmax",
	Unit:  "probability",
	Check: vector,
	Score: func(output, index, _ *Node) *Node { return pick(Softmax(output, 1), index) },
})
