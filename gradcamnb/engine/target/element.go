package target

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Element is one value of the output, y[b, index[b]]: the logit of a class, a tag or a value of an attribute head.
// Output [batch, classes] -> [batch].
var Element = register(Kind{
	Name:  "class",
	Unit:  "logits",
	Check: vector,
	Score: func(output, index, _ *Node) *Node { return pick(output, index) },
})

func vector(output []int) (int, error) {
	if len(output) != 2 {
		return 0, fmt.Errorf("the output has the shape %v and is no list of classes, [batch, classes]; for a segmentation explain a region", output)
	}
	return output[1], nil
}

// pick returns output[b, index[b]]. It selects instead of multiplying, so that a NaN elsewhere in the output does not
// spread.
func pick(output, index *Node) *Node {
	return ReduceSum(Where(classMask(output, index), output, ZerosLike(output)), 1)
}

// classMask returns booleans [batch, classes] that are true at [b, index[b]].
func classMask(output, index *Node) *Node {
	shape := output.Shape().Clone()
	shape.DType = dtypes.Int32
	return Equal(Iota(output.Graph(), shape, 1), BroadcastToShape(InsertAxes(index, -1), shape))
}
