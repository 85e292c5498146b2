package target

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Region is the score of a class over a region of a segmentation, the sum over
// pixels of mask * y[b, index[b]]. A mask divided by its sum gives the mean.
// Output [batch, classes, h, w], mask [batch, h, w] -> [batch].
var Region = register(Kind{
	Name:          "region",
	Unit:          "logits",
	ArgumentShape: func(output []int) []int { return output[2:] },
	Check: func(output []int) (int, error) {
		if len(output) != 4 {
			return 0, fmt.Errorf("the output has the shape %v and is no segmentation, [batch, classes, height, width]", output)
		}
		return output[1], nil
	},
	Score: func(output, index, mask *Node) *Node {
		sums := ReduceSum(Mul(output, InsertAxes(mask, 1)), 2, 3)
		return pick(sums, index)
	},
})
