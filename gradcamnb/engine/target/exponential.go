package target

import . "github.com/gomlx/gomlx/core/graph"

// Exponential is the probability of a class of which the output is the logarithm, exp(y_k).
// Output [batch, classes] -> [batch].
var Exponential = register(Kind{
	Name:  "exponential",
	Unit:  "probability",
	Check: vector,
	Score: func(output, index, _ *Node) *Node { return Exp(pick(output, index)) },
})
