package target

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// TagProbability is the probability of a tag by its own logit, 1 / (1 + exp(-y_k)), for models whose tags do not
// exclude each other. Output [batch, tags] -> [batch]. If the probability is close to 1, its gradient vanishes.
var TagProbability = register(Kind{
	Name:  "sigmoid",
	Unit:  "probability",
	Check: vector,
	Score: func(output, index, _ *Node) *Node { return Sigmoid(pick(output, index)) },
})
