package target

import . "github.com/gomlx/gomlx/core/graph"

// Exponential is the probability of a class, exp(y_k), if the output is its logarithm. Output [batch, classes] ->
// [batch].
var Exponential = register(Kind{
	Name:  "exponential",
	Unit:  "probability",
	Check: vector,
	Score: func(output, index, _ *Node) *Node { return Exp(pick(output, index)) },
})
