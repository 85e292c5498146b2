package target

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Weighted is the weighted sum of the output's values. It serves several tags together, one class rather than another
// (weights 1 and -1), and the border between two regions of a segmentation. Output [batch, ...], weights of the same
// shape -> [batch].
var Weighted = register(Kind{
	Name: "weighted",
	Unit: "logits",
	Check: func(output []int) (int, error) {
		if len(output) < 2 {
			return 0, fmt.Errorf("the output has the shape %v and no axis besides the batch", output)
		}
		return output[1], nil
	},
	ArgumentShape: func(output []int) []int { return output[1:] },
	Score:         func(output, _, weights *Node) *Node { return sumAll(Mul(output, weights)) },
})

// sumAll returns the sum over every axis but the batch.
func sumAll(x *Node) *Node {
	return ReduceSum(Reshape(x, x.Shape().Dim(0), -1), 1)
}
