package target

import . "github.com/gomlx/gomlx/core/graph"

// Binary is the score of a model with a single logit: the logit for class 1, and its negative for class 0. Logits
// [batch, 1], each times 1 or -1 -> [batch].
var Binary = register(Kind{
	Name: "binary", Unit: Weighted.Unit, Check: vector, ArgumentShape: Weighted.ArgumentShape, Score: Weighted.Score,
})

// BinaryProbability is the probability of class 1, 1 / (1 + exp(-y)), or of class 0, 1 / (1 + exp(y)).
// Logits [batch, 1], each times 1 or -1 -> [batch].
var BinaryProbability = register(Kind{
	Name: "binary probability", Unit: "probability", Check: vector, ArgumentShape: Weighted.ArgumentShape,
	Score: func(output, index, signs *Node) *Node { return Sigmoid(Weighted.Score(output, index, signs)) },
})
